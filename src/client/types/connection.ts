import type { Clock } from "../../runtime/ports/clock.ts";
import type { Environment } from "../../runtime/ports/environment.ts";
import type { Fetch } from "../../runtime/ports/fetch.ts";
import type { Lifecycle } from "../../runtime/ports/lifecycle.ts";
import type { Random } from "../../runtime/ports/random.ts";
import type { RuntimeName } from "../../runtime/runtime.ts";

/**
 * How requests prove who sends them: Basic, Bearer, or headers made anew for each request. A function is asked again
 * after a 401; while it fails, what is logged waits, and what reads throws a `CredentialsError`.
 */
export type Auth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }
  | (() => HeadersInit | Promise<HeadersInit>);

/** How often a request of the client is tried again. Only requests that are safe to repeat are. */
export interface RetryOptions {
  /** Tries after the first one. @default 4 */
  readonly limit?: number;
  /** First wait in milliseconds; doubled each time, with full jitter. @default 500 */
  readonly base?: number;
  /** Longest wait in milliseconds, also for Retry-After. @default 30000 */
  readonly cap?: number;
}

/** What the client needs of a platform; every `Runtime` has it. */
export interface ClientRuntime {
  /** Time of retries and time-outs. */
  readonly clock: Clock;
  /** Chance of retries. */
  readonly random: Random;
  /** What carries requests when the connection names nothing else. */
  readonly fetch?: Fetch;
  /** In a `browser` a failed request may be a refused origin (CORS), and is explained as such. */
  readonly name?: RuntimeName;
  /** Where the page's own address comes from. */
  readonly environment?: Pick<Environment, "entry">;
  /** Keeps the process alive while a call waits for its answer or its next try. */
  readonly lifecycle?: Pick<Lifecycle, "keepAlive">;
}

/**
 * Where a server is and how to talk to it. Structural: a `Tracker` has one, an embedded server makes one, a plain
 * object is one.
 */
export interface Connection {
  /** Address of the server, such as `http://localhost:5000`; a path prefix is kept. */
  readonly trackingUri: string;
  /** What carries the requests. @default the platform's fetch */
  readonly fetch?: Fetch | { fetch: Fetch };
  readonly auth?: Auth;
  /** MLflow workspace, sent as `X-MLFLOW-WORKSPACE`. */
  readonly workspace?: string;
  /** Milliseconds for one try of a request. @default 120000 */
  readonly timeout?: number;
  readonly retry?: RetryOptions;
  /** Time, chance and what else the platform gives. @default the platform's */
  readonly runtime?: ClientRuntime;
}

/** What every call that waits accepts in its last argument. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for one try of the request. @default that of the connection */
  readonly timeout?: number;
  /** `false`: one try only, for a caller that has its own way of trying again. @default that of the connection */
  readonly retry?: false;
}
