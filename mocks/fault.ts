/** Which requests a fault strikes. */
export interface FaultTarget {
  /**
   * The end of the path (`runs/log-batch`), a pattern for the whole address, or a function. Bodies are not to be read.
   * @default every request
   */
  readonly on?: string | RegExp | ((request: Request) => boolean);
  /** HTTP method. @default every method */
  readonly method?: string;
  /** How many matching requests it strikes. @default 1 */
  readonly times?: number;
  /** How many matching requests pass before the first is struck. @default 0 */
  readonly after?: number;
}

/** What happens to a struck request; each may wait `delay` ms first. */
export type FaultEffect =
  /** The answer comes late. */
  | { readonly delay: number }
  /** An error answer, such as 503 with `headers: { "retry-after": "2" }`. The server has not acted, unless `acted`. */
  | {
      readonly status: number;
      /** Text, or an object that is sent as JSON. @default MLflow's error body */
      readonly body?: string | object;
      readonly headers?: Readonly<Record<string, string>>;
      readonly acted?: boolean;
      readonly delay?: number;
    }
  /** The connection breaks: no answer, before the server saw the request or after it acted. */
  | { readonly drop: "before" | "after"; readonly delay?: number }
  /** The server acted, and its answer breaks off after that many bytes. */
  | { readonly cut: number; readonly delay?: number }
  /** 200 with something that is not JSON, such as a proxy's login page. The server has not acted, unless `acted`. */
  | { readonly notJson: true | string; readonly acted?: boolean; readonly delay?: number };

/** A fault to inject. */
export type Fault = FaultTarget & FaultEffect;

/** A fault that was added. */
export interface FaultHandle {
  /** How many requests it has struck. */
  readonly struck: number;
  /** Ends the fault. */
  remove(): void;
}

/** Faults between client and server. The first that matches a request strikes it. */
export interface Faults {
  /** Adds a fault, behind those that are there. */
  add(fault: Fault): FaultHandle;
  /** Ends all faults. */
  clear(): void;
}
