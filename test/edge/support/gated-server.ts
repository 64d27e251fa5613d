import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { createServer, memoryArtifacts } from "../../../src/server/index.ts";

/** An MLflow behind a gate that a test moves. */
export interface GatedServer {
  readonly fetch: Fetch;
  /** Past the gate, for the test to look. */
  readonly direct: Fetch;
  /**
   * `open` answers; `deaf` lets nothing in, and answers nothing; `mute` answers what is read, and acts on what is
   * written without an answer. What was held stays so until `let("open")`, and then comes in late.
   */
  let(state: "open" | "deaf" | "mute"): void;
  /** Requests that came. */
  readonly count: () => number;
}

export function gatedServer(): GatedServer {
  const { fetch } = createServer({ database: ":memory:", artifacts: memoryArtifacts() });
  let state: "open" | "deaf" | "mute" = "open";
  let opened = (): void => {};
  let opening = Promise.resolve();
  let count = 0;
  return {
    direct: fetch,
    count: () => count,
    let(next) {
      if (state === "open" && next !== "open") opening = new Promise((resolve) => (opened = resolve));
      state = next;
      if (next === "open") opened();
    },
    async fetch(request) {
      count++;
      const before = state;
      if (before === "open") return fetch(request);
      if (before === "deaf") {
        await opening;
        return fetch(request);
      }
      const reply = await fetch(request);
      if (request.method !== "GET") await opening;
      return reply;
    },
  };
}
