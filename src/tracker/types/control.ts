import type { CallOptions } from "../../client/types/connection.ts";

/** What somebody asks a run to do, by a tag that a program or a person has set on it. */
export interface RunRequest {
  /** `stop` also aborts `run.signal`; `checkpoint` asks to save now; `param` asks to go on with another value. */
  readonly kind: "stop" | "checkpoint" | "param";
  /** Which parameter, for `param`. */
  readonly key?: string;
  /** The value asked for, for `param`: text, as in MLflow. */
  readonly value?: string;
  /** Who asks, as they say; undefined when a tag was set by hand. */
  readonly by?: string;
  /** Why, as they say. */
  readonly reason?: string;
  /** When they asked, by their clock, in milliseconds since 1970. */
  readonly at?: number;
}

/** What the run has answered, in a tag of its own. */
export interface RequestAnswer {
  /** When it was seen, by the clock of the run, in milliseconds since 1970. */
  readonly at: number;
  /** Who had asked. */
  readonly by?: string;
}

/** How a request is sent. */
export interface ControlOptions extends CallOptions {
  /** Who asks. @default the user of this tracker */
  readonly by?: string;
  /** Why, for people. Value, reason and name together have room for 8,000 characters. */
  readonly reason?: string;
  /** Milliseconds to wait for the run's answer; without it the call resolves when the request is on the server. */
  readonly wait?: number;
}

/**
 * Asks a run of any program on any machine to do something. The request is a tag of the run, so it works over every
 * MLflow server; the run sees it at its next look, by default within 5 s, and answers in a tag. Runs look only where
 * something listens: `run.signal`, `run.onRequest`. A look reads the whole run (MLflow has no request for its tags
 * alone), so that for a run with thousands of keys a larger `controlInterval` is kinder to the server.
 */
export interface RunControl {
  /** Asks it to stop. @returns Its answer; undefined without `wait`. */
  stop(options?: ControlOptions): Promise<RequestAnswer | undefined>;
  /** Asks it to save a checkpoint now. */
  checkpoint(options?: ControlOptions): Promise<RequestAnswer | undefined>;
  /** Asks it to go on with another value of a parameter, such as the learning rate. */
  setParam(key: string, value: string | number | boolean, options?: ControlOptions): Promise<RequestAnswer | undefined>;
}
