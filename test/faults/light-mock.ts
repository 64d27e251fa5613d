import { compatOf, type MlflowRelease } from "../../mocks/act-as.ts";
import { FaultList } from "../../mocks/fault-list.ts";
import { defaultDatabase } from "../../mocks/mock-database.ts";
import { ConnectionDropped, suffer } from "../../mocks/suffer.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { memoryArtifacts } from "../../src/server/artifacts/memory.ts";
import { assembleServer } from "../../src/server/assemble-server.ts";
import { wasmDatabase } from "../../src/sql/wasm.ts";
import type { ManualClock } from "../support/manual-clock.ts";

/** What `tracklet/mocks` has beneath MSW, which workerd does not run. */
export interface LightMock {
  readonly trackingUri: string;
  readonly fetch: Fetch;
  readonly faults: FaultList;
  /** What was asked of it, in order, struck requests included. */
  readonly requests: readonly { readonly method: string; readonly path: string }[];
}

export async function lightMock(clock: ManualClock, actAs?: MlflowRelease): Promise<LightMock> {
  const security = { allowedHosts: ["*"], corsAllowedOrigins: ["*"] };
  // workerd has the class of node:sqlite, but no database behind it.
  const database = await defaultDatabase().catch(() => wasmDatabase());
  const server = assembleServer({ database, artifacts: memoryArtifacts(), clock, security }, compatOf(actAs));
  const faults = new FaultList();
  const requests: { method: string; path: string }[] = [];
  return {
    trackingUri: "http://localhost:5000",
    faults,
    requests,
    async fetch(request) {
      request.signal.throwIfAborted();
      requests.push({ method: request.method, path: new URL(request.url).pathname });
      const fault = faults.strike(request);
      if (fault === undefined) return clock.hold(server.fetch(request));
      return suffer(fault, request, server.fetch, clock).catch((error: unknown) => {
        throw error instanceof ConnectionDropped ? new TypeError("fetch failed", { cause: error }) : error;
      });
    },
  };
}
