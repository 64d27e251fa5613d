import fc from "fast-check";
import { expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { createTracker } from "../../src/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { testServer } from "../support/test-server.ts";

type Act =
  | { readonly kind: "record"; readonly count: number }
  | { readonly kind: "switch" }
  | { readonly kind: "wait"; readonly ms: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("record" as const), count: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 3, arbitrary: fc.constant({ kind: "switch" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 4000 }) }) },
);
/** What becomes of the n-th request: it is lost, its answer is lost, it is refused for now, it is answered. */
const fate = fc.constantFrom("lost", "unanswered", "busy", "ok", "ok", "ok", "ok");

test("S3.1 setMode(), by a model, loses and doubles nothing whatever happens to requests, and sends no records OFFLINE", async () => {
  const server = await testServer();
  const { trackingUri } = server;
  const client = createClient({ trackingUri, fetch: server.fetch });
  // What is loaded late is there before time is in our hands.
  const plain = () => createTracker({ trackingUri, fetch: server.fetch });
  await createRecorder({ tracker: plain, name: "walk", environment: false }).record((one) =>
    one.addRecord({ loss: 1 }),
  );
  let number = 0;
  const property = fc.asyncProperty(
    fc.array(act, { minLength: 5, maxLength: 40 }),
    fc.infiniteStream(fate),
    fc.constantFrom("ONLINE" as const, "OFFLINE" as const),
    async (acts, fates, mode) => {
      const runtime = manualRuntime();
      const { clock } = runtime;
      const begun: string[] = [];
      let calm = false;
      const fetch: Fetch = async (request) => {
        const { pathname } = new URL(request.url);
        // The creation of the run that had begun, and is in doubt, is brought to its end.
        if (pathname.endsWith("/log-batch")) begun.push(pathname);
        const next = calm ? "ok" : fates.next().value;
        if (next === "lost") throw new TypeError("fetch failed");
        if (next === "busy") return new Response("busy", { status: 503 });
        const response = await server.fetch(request);
        if (next === "unanswered") throw new TypeError("fetch failed");
        return response;
      };
      const project = `modes ${++number}`;
      const recorder = createRecorder({
        tracker: ({ experiment, delivery }) =>
          createTracker({
            trackingUri,
            fetch,
            runtime,
            onProblem: () => {},
            ...(experiment !== undefined && { experiment }),
            ...(delivery && { delivery }),
          }),
        name: "walk",
        project,
        mode,
        batchSize: 25,
        environment: false,
        syncDataTimeout: 600_000,
      });
      const { run } = await clock.until(recorder.start());
      let step = 0;
      for (const one of acts) {
        if (one.kind === "record") {
          for (let n = 0; n < one.count; n++) recorder.addRecord({ loss: step / 7, rest: -1 - step }, { step: step++ });
        } else if (one.kind === "wait") await clock.advance(one.ms);
        else {
          recorder.setMode(recorder.mode === "ONLINE" ? "OFFLINE" : "ONLINE");
          if (recorder.mode === "ONLINE") continue;
          // What is on its way may come to its end; nothing new begins.
          await clock.advance(0);
          const before = begun.length;
          recorder.addRecord({ loss: step / 7, rest: -1 - step }, { step: step++ });
          await clock.advance(10_000);
          expect(begun.slice(before)).toEqual([]);
        }
      }
      calm = true;
      recorder.setMode("ONLINE");
      const { pending, quarantined, dropped } = await clock.until(recorder.stop());
      const none = { points: 0, requests: 0 };
      expect({ pending, quarantined, dropped }).toEqual({ pending: none, quarantined: none, dropped: none });
      const { experimentId } = (await client.experiments.getByName(project))!;
      const { items } = await client.runs.search({ experimentIds: [experimentId], view: "all" });
      expect(items.map(({ info }) => info.status)).toEqual(["FINISHED"]);
      const runId = items[0]!.info.runId;
      expect(items[0]?.data.tags["mlflow.tracklet.runId"]).toBe(run.localId);
      for (const [key, value] of [
        ["loss", (n: number) => n / 7],
        ["rest", (n: number) => -1 - n],
      ] as const) {
        const points = await client.metrics.history({ runId, key }).all();
        expect(points.map((point) => [point.step, point.value])).toEqual(
          Array.from({ length: step }, (_, n) => [n, value(n)]),
        );
      }
      expect(await client.loggedModels.search({ experimentIds: [experimentId] }).all()).toHaveLength(1);
    },
  );
  await fc.assert(property, { numRuns: 15 });
  server.close();
}, 60_000);
