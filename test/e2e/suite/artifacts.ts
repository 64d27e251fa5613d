import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CreateTarget, type ServerFaults, type Target, withBench } from "./target.ts";

/** Artifacts of every kind, written and read back. */
export function artifactSuite(createTarget: CreateTarget, { asciiNamesOnly = false }: ServerFaults = {}): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("artifacts", () => {
    test("S2.4 texts, JSON, figures, images and bytes come back as they were", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        const bytes = Uint8Array.from({ length: 100_000 }, (_, n) => n % 251);
        await run.logText("héllo 🦜\n", "notes/a b.txt");
        await run.logJson({ a: [1, null], b: "ü" }, "config.json");
        await run.logFigure("<svg xmlns='http://www.w3.org/2000/svg'/>", "plots/loss.svg");
        await run.logImage({ width: 1, height: 1, data: Uint8Array.of(7) }, { path: "plots/p.png" });
        await run.logArtifact(bytes, "model", { name: "weights.bin" });
        await run.logArtifact(new File([], "empty.bin"), "model");
        await run.end();
        const id = run.localId;
        expect(await (await tracker.openArtifact(id, "notes/a b.txt")).text()).toBe("héllo 🦜\n");
        expect(await (await tracker.openArtifact(id, "config.json")).json()).toEqual({ a: [1, null], b: "ü" });
        const back = new Uint8Array(await (await tracker.openArtifact(id, "model/weights.bin")).arrayBuffer());
        expect(back.length).toBe(bytes.length);
        expect(back.every((byte, n) => byte === n % 251)).toBe(true);
        expect((await (await tracker.openArtifact(id, "model/empty.bin")).arrayBuffer()).byteLength).toBe(0);
        const root = await tracker.listArtifacts(id);
        expect(root.map((entry) => [entry.path, entry.isDirectory]).sort()).toEqual([
          ["config.json", false],
          ["model", true],
          ["notes", true],
          ["plots", true],
        ]);
        const plots = await tracker.listArtifacts(await run.runId(), "plots");
        expect(plots.map((entry) => entry.path).sort()).toEqual(["plots/loss.svg", "plots/p.png"]);
      });
    });

    test("S2.4 logImage() writes a series that MLflow's UI finds by its names, beside the tag that makes it look", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        const data = new Uint8Array(300 * 20 * 3).fill(9);
        await run.logImage(
          { width: 300, height: 20, data },
          { key: "digits/seven", step: 3, timestamp: 1700000000000 },
        );
        await run.end();
        const files = await tracker.listArtifacts(run.localId, "images");
        const name = /^images\/digits~seven\+step\+3\+timestamp\+1700000000000\+[-0-9a-f]{36}(\+compressed)?\.png$/;
        expect(files.map((file) => name.exec(file.path)?.[1]).sort()).toEqual(["+compressed", undefined]);
        for (const file of files) {
          const bytes = new Uint8Array(await (await tracker.openArtifact(run.localId, file.path)).arrayBuffer());
          expect(bytes.length).toBe(file.size);
          expect([...bytes.subarray(1, 4)]).toEqual([80, 78, 71]);
        }
        expect((await tracker.getRun(run.localId)).data.tags["mlflow.loggedImages"]).toBe("True");
      });
    });

    test("S2.4 a table goes on after resumeRun() with the rows that are there", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const first = tracker.startRun();
        await first.logTable([{ a: 1 }], "eval/t.json");
        await first.end();
        const run = await tracker.resumeRun(await first.runId());
        await run.logTable([{ b: "x" }], "eval/t.json");
        await run.end();
        const stored = await (await tracker.openArtifact(run.localId, "eval/t.json")).json();
        expect(stored).toEqual({
          columns: ["a", "b"],
          data: [
            [1, null],
            [null, "x"],
          ],
        });
      });
    });

    test("S2.4 openArtifact() reads a range, and refuses one that is none", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        await run.logText("0123456789", "a.txt");
        await run.end();
        const part = await tracker.openArtifact(run.localId, "a.txt", { range: { start: 2, end: 4 } });
        // MLflow before 3 sends all.
        expect(await part.text()).toBe(part.status === 206 ? "234" : "0123456789");
        const beyond = await tracker.openArtifact(run.localId, "a.txt", { range: { start: 10 } }).then(
          (response) => response.text(),
          (error: Error) => error.message,
        );
        if (part.status === 206)
          expect(beyond).toContain("The file has 10 bytes, and none of bytes 10-: begin below 10");
        else expect(beyond).toBe("0123456789");
        for (const range of [{ start: -1 }, { start: 1.5 }, { start: 3, end: 2 }, { start: Number.NaN }]) {
          await expect(tracker.openArtifact(run.localId, "a.txt", { range })).rejects.toThrow("Cannot read a range");
        }
      });
    });

    test("the last write of a path wins", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        for (const text of ["one", "two", "three"]) await run.logText(text, "a.txt");
        await run.end();
        expect(await (await tracker.openArtifact(run.localId, "a.txt")).text()).toBe("three");
      });
    });

    test("S2.4 names at the edge round-trip", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const names = ["100%.txt", "a+b&c=d.txt", ".hidden", "a..b", "quo'te.txt"];
        if (!asciiNamesOnly) names.push("日本語.txt", "🦜.txt");
        const run = tracker.startRun();
        for (const name of names) await run.logText(name, `edge/${name}`);
        await run.end();
        for (const name of names) {
          expect(await (await tracker.openArtifact(run.localId, `edge/${name}`)).text()).toBe(name);
        }
        const listed = await tracker.listArtifacts(run.localId, "edge");
        expect(listed.map((entry) => entry.path).sort()).toEqual(names.map((name) => `edge/${name}`).sort());
      });
    });

    test("S2.4 a path that climbs out is refused by its name, and nothing else is lost", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        for (const path of ["../a.txt", "a/../../b.txt", "/etc/passwd", "a%2e%2e/b", "x\ny"]) {
          await expect(run.logText("x", path)).rejects.toThrow("Cannot use the artifact path");
          await expect(tracker.openArtifact(run.localId, path)).rejects.toThrow("Cannot use the artifact path");
        }
        await run.logText("good", "good.txt");
        await run.end();
        expect((await tracker.listArtifacts(run.localId)).map((entry) => entry.path)).toEqual(["good.txt"]);
      });
    });

    test("S2.4 logTable() writes MLflow's form and lists it, also over two sessions", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const run = tracker.startRun();
        await run.logTable([{ question: "a", score: 1 }], "eval/table.json");
        await run.logTable([{ question: "b", score: null }], "eval/table.json");
        await run.end("FINISHED", { until: "delivered" });
        const again = await another().resumeRun(run.localId);
        await again.logTable([{ question: "c", extra: true }], "eval/table.json");
        await again.end("FINISHED", { until: "delivered" });
        expect(await (await tracker.openArtifact(run.localId, "eval/table.json")).json()).toEqual({
          columns: ["question", "score", "extra"],
          data: [
            ["a", 1, null],
            ["b", null, null],
            ["c", null, true],
          ],
        });
        const { data } = await tracker.getRun(run.localId);
        expect(JSON.parse(data.tags["mlflow.loggedArtifacts"] ?? "")).toEqual([
          { path: "eval/table.json", type: "table" },
        ]);
      });
    });

    test("S2.4 a missing artifact is an error that names it", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        await run.end();
        await expect(tracker.openArtifact(run.localId, "none.txt")).rejects.toThrow("none.txt");
        expect(await tracker.listArtifacts(run.localId)).toEqual([]);
      });
    });
  });
}
