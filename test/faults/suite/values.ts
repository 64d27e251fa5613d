import { describe, expect, test } from "vitest";
import { first, isFor } from "../../support/proxy/exchange.ts";
import { Gate } from "../../support/proxy/gate.ts";
import { type FaultServer, withFaults } from "../bench.ts";
import { expectAllDelivered, expectEverything, logEverything, nothing } from "../workload.ts";

/** Single things that the server refuses, or gets late or twice. */
export function valueSuite(server: () => FaultServer): void {
  describe("params, tags and inputs", () => {
    test("F12 sets aside only the param that the server has with another value; metrics and others go on", async () => {
      await withFaults(server(), {}, async ({ tracker, reader, rows, problems }) => {
        const run = tracker.startRun();
        const runId = await run.runId();
        await reader.call("runs/log-parameter", { run_id: runId, key: "p33", value: "theirs" });
        for (let n = 0; n < 100; n++) run.logParam(`p${n}`, "ours");
        for (let step = 0; step < 50; step++) run.logMetric("loss", step);
        await run.end();
        const report = await tracker.flush();
        expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 0, requests: 1 } });
        const { params, info } = await reader.run(runId);
        expect(Object.keys(params)).toHaveLength(100);
        expect(Object.entries(params).filter(([, value]) => value !== "ours")).toEqual([["p33", "theirs"]]);
        expect(info.status).toBe("FINISHED");
        expect(await rows(runId)).toEqual({ loss: 50 });
        expect(problems).toMatchObject([{ kind: "quarantined", key: "p33", run: run.localId }]);
        expect((await run.receipt()).lines.find(({ key }) => key === "p33")).toMatchObject({
          logged: 1,
          acknowledged: 0,
          quarantined: 1,
        });
      });
    });

    test("F14 divides what a proxy finds too large, delivers it once, and sends no such body again", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, rows }) => {
        const limit = 20_000;
        proxy.script = ({ body }) => (body.length > limit ? { answer: 413, body: "<html>413</html>" } : undefined);
        const run = tracker.startRun();
        for (let step = 0; step < 5_000; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
        await run.end();
        expectAllDelivered(await tracker.flush());
        const refused = proxy.to("runs/log-batch").filter(({ body }) => body.length > limit);
        // A whole chunk, its half, and what else comes near: each size is learned once.
        expect(refused.length).toBeLessThan(4);
        expect(await rows(await run.runId())).toEqual({ loss: 5_000 });
      });
    });

    test("F14 sets an artifact over the limit of 1 MB aside, which a proxy refuses for good, and goes on", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, problems }) => {
        proxy.script = ({ headers }) =>
          Number(headers.get("content-length") ?? 0) > 1_048_576
            ? { answer: 413, body: "<html>413</html>" }
            : undefined;
        const run = tracker.startRun();
        await run.logArtifact(new Uint8Array(1_200_000), undefined, { name: "large.bin" });
        await run.logText("small", "small.txt");
        await run.end();
        const report = await tracker.flush();
        expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 0, requests: 1 } });
        expect(problems).toMatchObject([{ kind: "quarantined", key: "large.bin" }]);
        const stored = await reader.run(await run.runId());
        expect(stored.info.status).toBe("FINISHED");
        expect(await reader.artifact(stored, "small.txt")).toBe("small");
        expect(await reader.artifact(stored, "large.bin")).toBeUndefined();
      });
    });

    test("F45 puts right what late requests overwrote: a tag, a deleted tag and the status", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader }) => {
        const run = tracker.startRun();
        const runId = await run.runId();
        const gate = new Gate();
        const late = (stem: string): void => {
          let struck = false;
          proxy.script = ({ body }) => {
            if (struck || !body.includes(stem)) return undefined;
            struck = true;
            return { hold: gate, lost: true };
          };
        };
        late('"old"');
        run.setTag("stage", "old");
        expectAllDelivered(await tracker.flush());
        late('"briefly"');
        run.setTag("gone", "briefly");
        expectAllDelivered(await tracker.flush());
        run.setTag("stage", "new");
        run.deleteTag("gone");
        expectAllDelivered(await tracker.flush());
        gate.open();
        await proxy.quiet();
        expect((await reader.run(runId)).tags).toMatchObject({ stage: "old", gone: "briefly" });
        await run.end("KILLED");
        expectAllDelivered(await tracker.flush());
        const stored = await reader.run(runId);
        expect(stored.tags).toMatchObject({ stage: "new" });
        expect(stored.tags).not.toHaveProperty("gone");
        expect(stored.info.status).toBe("KILLED");
      });
    });

    test("F45 ends a run as it was told last although an earlier status comes after it", async () => {
      await withFaults(server(), {}, async ({ tracker, another, proxy, reader }) => {
        const run = tracker.startRun();
        const runId = await run.runId();
        await run.end();
        expectAllDelivered(await tracker.flush());
        const gate = new Gate();
        const lost = first(1, "runs/update", { hold: gate, lost: true });
        // The second try of the same waits too, until the first one has come late.
        const second = new Gate();
        proxy.script = (request) => lost(request) ?? first(1, "runs/update", { hold: second })(request);
        const again = another();
        const resumed = await again.resumeRun(runId);
        const flushed = again.flush();
        await second.arrived();
        proxy.script = () => undefined;
        second.open();
        await flushed;
        await resumed.end("FAILED");
        gate.open();
        await proxy.quiet();
        expectAllDelivered(await again.flush());
        expect((await reader.run(runId)).info.status).toBe("FAILED");
      });
    });

    test("F47 delivers params and inputs that the server gets twice at the same time", async () => {
      await withFaults(server(), {}, async (bench) => {
        const seen = new Set<string>();
        bench.proxy.script = (request) => {
          const end = ["runs/log-batch", "runs/log-inputs", "runs/delete-tag"].find((name) => isFor(request, name));
          if (end === undefined || seen.has(request.body)) return undefined;
          seen.add(request.body);
          return { twice: true };
        };
        const run = bench.tracker.startRun({ name: "twice" });
        await logEverything(run);
        expectAllDelivered(await bench.tracker.flush());
        expect(seen.size).toBeGreaterThan(5);
        await expectEverything(bench, run);
      });
    });

    test("F47 delivers a hundred params in ten runs although each batch is doubled on the way", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, experiment }) => {
        const seen = new Set<string>();
        proxy.script = (request) => {
          if (!isFor(request, "runs/log-batch") || seen.has(request.body)) return undefined;
          seen.add(request.body);
          return { twice: true };
        };
        for (let n = 0; n < 10; n++) {
          const run = tracker.startRun({ name: `run ${n}` });
          for (let p = 0; p < 100; p++) run.logParam(`p${p}`, p);
        }
        expectAllDelivered(await tracker.flush());
        const found = await reader.runs(experiment);
        expect(found.map(({ params }) => Object.keys(params).length)).toEqual(Array.from({ length: 10 }, () => 100));
      });
    });
  });
}
