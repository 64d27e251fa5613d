import { describe, expect, test } from "vitest";
import { ConfigurationError, ValidationError } from "../../src/errors/index.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { memoryFiles } from "./memory-files.ts";
import { bench } from "./test-core.ts";

describe("Run artifacts", () => {
  test("logText(), logJson(), logFigure() and logImage() hand bodies with their type to the queue", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.logText("héllo", "notes/a.txt");
    await run.logJson({ a: [1], big: 10n, map: new Map([["k", 1]]) }, "a.json");
    await run.logDict([1], "b.json");
    await run.logFigure("<svg/>", "plot.svg");
    await run.logFigure({ outerHTML: "<svg>2</svg>" }, "plot2.svg");
    await run.logImage(Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), { path: "image.png" });
    const texts = await Promise.all(
      [...queue.bodies].map(async ([path, body]) => [path, await body.text(), body.type.split(";")[0]]),
    );
    expect(texts.slice(0, 5)).toEqual([
      ["notes/a.txt", "héllo", "text/plain"],
      ["a.json", '{\n  "a": [\n    1\n  ],\n  "big": "10",\n  "map": {\n    "k": 1\n  }\n}', "application/json"],
      ["b.json", "[\n  1\n]", "application/json"],
      ["plot.svg", "<svg/>", "image/svg+xml"],
      ["plot2.svg", "<svg>2</svg>", "image/svg+xml"],
    ]);
    expect(queue.bodies.get("image.png")).toMatchObject({ size: 8, type: "image/png" });
  });

  test("logJson() and logDict() write null for what JSON has no number for, in YAML too", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const value = { a: Number.NaN, b: [Number.POSITIVE_INFINITY, 1.5], c: new Float32Array([Number.NaN]) };
    await run.logJson(value, "a.json");
    await run.logDict(value, "b.yaml");
    expect(JSON.parse((await queue.bodies.get("a.json")?.text()) ?? "")).toEqual({
      a: null,
      b: [null, 1.5],
      c: [null],
    });
    expect(await queue.bodies.get("b.yaml")?.text()).toBe("a: null\nb:\n  - null\n  - 1.5\nc:\n  - null\n");
  });

  test("write what was true at the call, whatever happens to it afterwards", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const value = { epoch: 1 };
    const bytes = Uint8Array.of(1, 2);
    const rows = [{ a: 1 }];
    const done = [
      run.logJson(value, "v.json"),
      run.logArtifact(bytes, undefined, { name: "b.bin" }),
      run.logTable(rows, "t.json"),
    ];
    value.epoch = 2;
    bytes.fill(9);
    rows[0] = { a: 5 };
    await Promise.all(done);
    expect(await queue.bodies.get("v.json")?.text()).toContain("1");
    expect([...new Uint8Array(await (queue.bodies.get("b.bin") as Blob).arrayBuffer())]).toEqual([1, 2]);
    expect(JSON.parse((await queue.bodies.get("t.json")?.text()) ?? "")).toEqual({ columns: ["a"], data: [[1]] });
  });

  test("logTable() writes MLflow's form, adds rows, keeps one table whole and lists it once in the tag", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.logTable([{ x: 1, y: "a" }, { x: Number.NaN }], "eval/t.json");
    await run.logTable({ x: [3], z: [null] }, "eval/t.json");
    await run.logTable([], "empty.json");
    expect(JSON.parse((await queue.bodies.get("eval/t.json")?.text()) ?? "")).toEqual({
      columns: ["x", "y", "z"],
      data: [
        [1, "a", null],
        [null, null, null],
        [3, null, null],
      ],
    });
    expect(queue.of("tag")).toEqual([
      ["mlflow.loggedArtifacts", '[{"path": "eval/t.json", "type": "table"}]'],
      ["mlflow.loggedArtifacts", '[{"path": "eval/t.json", "type": "table"}, {"path": "empty.json", "type": "table"}]'],
    ]);
  });

  test.each([
    [{ a: [1], b: [1, 2] }, "t.json", "they have 1, 2"],
    [[1, 2], "t.json", "each row must be an object"],
    [{ a: 1 }, "t.json", "an array of rows or an object of columns"],
    [[{ a: 1 }], "t.csv", 'must end in ".json"'],
    [[{ a: 1 }, [2]], "t.json", "each row must be an object"],
    [[{ a: 1 }, null], "t.json", "each row must be an object"],
    [[{ a: 1 }], "a:b.json", "the character :"],
    [[{ a: 1 }], "it's.json", "the character '"],
  ])("logTable() rejects %j to %s", async (rows, path, words) => {
    const { tracker, queue } = bench();
    await expect(tracker.startRun().logTable(rows as never, path)).rejects.toThrow(words);
    expect(queue.bodies.size).toBe(0);
  });

  test("S2.4 logTable() keeps mixed types of one column as they are", async () => {
    const { tracker, queue } = bench();
    await tracker.startRun().logTable([{ a: 1 }, { a: "x" }, { a: { b: [true] } }, { a: null }], "t.json");
    expect(JSON.parse((await queue.bodies.get("t.json")?.text()) ?? "").data).toEqual([
      [1],
      ["x"],
      [{ b: [true] }],
      [null],
    ]);
  });

  test("S2.4 logDict() writes YAML that PyYAML reads back, where the path ends in .yml or .yaml", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const value = { lr: 1e-7, b: ["yes", "1e5", "2020-01-01", null], a: { deep: [{ x: 1.5 }], text: "a: b\nc" } };
    await run.logDict(value, "conf/a.yaml");
    await run.logDict({}, "b.yml");
    expect(await queue.bodies.get("conf/a.yaml")?.text()).toBe(
      'a:\n  deep:\n    - x: 1.5\n  text: |-\n    a: b\n    c\nb:\n  - "yes"\n  - "1e5"\n  - "2020-01-01"\n  - null\nlr: 1.0e-7\n',
    );
    expect(await queue.bodies.get("b.yml")?.text()).toBe("{}\n");
    await expect(run.logDict(() => 1, "c.yaml")).rejects.toThrow("must have a JSON form");
    expect(queue.bodies.size).toBe(2);
  });

  test("S2.4 logFigure() tells SVG from a page by the ending, and refuses other endings", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.logFigure("<p>x</p>", "plot.html");
    expect(queue.bodies.get("plot.html")?.type).toMatch(/^text\/html\b/); // Bun names the charset, too
    await expect(run.logFigure("<svg/>", "plot.png")).rejects.toThrow('must end in ".svg" or ".html"');
    expect(queue.bodies.size).toBe(1);
  });

  test.each([
    ["../up.txt"],
    ["a/../../up.txt"],
    ["/etc/passwd"],
    ["a//b"],
    ["a/./b"],
    ["dir/"],
    [""],
    ["a#b"],
    ["a\nb"],
    ["a%2e%2e"],
    [`${"x".repeat(256)}.txt`],
  ])("refuse the path %j with a ValidationError, and log nothing", async (path) => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await expect(run.logText("x", path)).rejects.toThrow(ValidationError);
    await expect(run.logJson({}, path)).rejects.toThrow("Cannot use the artifact path");
    expect(queue.bodies.size).toBe(0);
  });

  test("take names with spaces, emoji and plain percent signs", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    for (const path of ["a b.txt", "🔥.txt", "100%.txt", ".hidden", "a..b"]) await run.logText("x", path);
    expect([...queue.bodies.keys()]).toEqual(["a b.txt", "🔥.txt", "100%.txt", ".hidden", "a..b"]);
  });

  test("logJson() rejects what has no JSON form", async () => {
    const { tracker } = bench();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const run = tracker.startRun();
    await expect(run.logJson(cycle, "a.json")).rejects.toThrow("must have a JSON form");
    await expect(run.logJson(undefined, "a.json")).rejects.toThrow(ValidationError);
  });

  test("logArtifact() takes a path, a directory, a file URL, a Blob and bytes, in Python's order", async () => {
    const files = memoryFiles({ "/data/w.bin": "weights", "/data/sub/a.txt": "a", "/data/sub/deep/b.txt": "b" });
    const { tracker, queue } = bench({}, {}, manualRuntime({ files }));
    const run = tracker.startRun();
    await run.logArtifact("/data/w.bin");
    await run.logArtifact("/data/w.bin", "model/", { name: "weights.bin" });
    await run.logArtifact(new URL("file:///data/w.bin"), "url");
    await run.logArtifact("/data/sub", "tree");
    await run.logArtifact(new File(["f"], "named.txt"), "blob");
    await run.logArtifact(Uint8Array.of(1), "bytes", { name: "one.bin" });
    await run.logArtifacts("/data/sub");
    expect([...queue.bodies.keys()]).toEqual([
      "w.bin",
      "model/weights.bin",
      "url/w.bin",
      "tree/sub/a.txt",
      "tree/sub/deep/b.txt",
      "blob/named.txt",
      "bytes/one.bin",
      "a.txt",
      "deep/b.txt",
    ]);
  });

  test("S2.4 logArtifact() refuses a file that changes while it is read", async () => {
    const files = memoryFiles({ "/data/w.bin": "weights", "/data/v.bin": "v" });
    let changes = 0;
    const stat = async (path: string): ReturnType<typeof files.stat> => {
      const found = await files.stat(path);
      return found && { ...found, modified: path.endsWith("w.bin") ? changes++ : 0 };
    };
    const { tracker, queue } = bench({}, {}, manualRuntime({ files: { ...files, stat } }));
    const run = tracker.startRun();
    await expect(run.logArtifact("/data/w.bin")).rejects.toThrow("must not change while it is read");
    await run.logArtifact("/data/v.bin");
    expect([...queue.bodies.keys()]).toEqual(["v.bin"]);
    await expect(run.logArtifact("/data/w.bin", "", { reference: true })).rejects.toThrow("log it again");
  });

  test("S2.4 logArtifacts() leaves links out, and says so", async () => {
    const files = memoryFiles({ "/data/a.txt": "a", "/data/out": "secret" });
    const list = async (path: string): ReturnType<typeof files.list> =>
      (await files.list(path)).map((entry) => (entry.name === "out" ? { ...entry, isFile: false } : entry));
    const { tracker, queue, problems } = bench({}, {}, manualRuntime({ files: { ...files, list } }));
    await tracker.startRun().logArtifacts("/data");
    expect([...queue.bodies.keys()]).toEqual(["a.txt"]);
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringContaining('"/data/out"')]);
  });

  test("S2.4 logArtifacts() and logArtifact() of a directory name all names that cannot be used, and send nothing of it", async () => {
    const names = ["a.txt", "b#1.txt", "deep/c%20d.txt", "deep/e#.txt", "deep#/f.txt", "deep#/g#.txt", "z.txt"];
    const files = memoryFiles(Object.fromEntries(names.map((name) => [`/data/${name}`, name])));
    const { tracker, queue } = bench({}, {}, manualRuntime({ files }));
    const run = tracker.startRun();
    for (const call of [run.logArtifacts("/data", "all"), run.logArtifact("/data")]) {
      await expect(call).rejects.toThrow(
        'Cannot log the artifacts of "/data" as names in it cannot be used, so nothing of it is logged: "/data/b#1.txt", "/data/deep/e#.txt", "/data/deep#" must have no "#": MLflow refuses it; "/data/deep/c%20d.txt" must have no "%"',
      );
    }
    await expect(run.logModel("/data")).rejects.toThrow("rename what is named here");
    await expect(run.logModel("/data/b#1.txt")).rejects.toThrow('must have no "#"');
    expect([...queue.bodies.keys()]).toEqual([]);
    expect(queue.calls.filter(([kind]) => kind === "model")).toEqual([]);
  });

  test("S2.4 logArtifacts() counts bad names beyond the hundredth", async () => {
    const many = Array.from({ length: 130 }, (_, n) => [`/data/${n}#`, ""]);
    const files = memoryFiles(Object.fromEntries(many));
    const { tracker } = bench({}, {}, manualRuntime({ files }));
    await expect(tracker.startRun().logArtifacts("/data")).rejects.toThrow(" and 30 more must have no");
  });

  test("logArtifact() says what is missing: the file, a name, a file system", async () => {
    const { tracker } = bench({}, {}, manualRuntime({ files: memoryFiles({}) }));
    const run = tracker.startRun();
    await expect(run.logArtifact("/none.txt")).rejects.toThrow('"/none.txt" as there is no such file');
    await expect(run.logArtifacts("/none")).rejects.toThrow("must be a directory");
    await expect(run.logArtifact(new Blob(["x"]))).rejects.toThrow("need a name");
    await expect(run.logArtifact(5 as never)).rejects.toThrow(
      "its source must be a path, a URL, a Blob or a Uint8Array",
    );
    await expect(bench().tracker.startRun().logArtifact("/a.txt")).rejects.toThrow(ConfigurationError);
  });

  test("logText() ends with its signal or time-out", async () => {
    const { tracker, queue, runtime } = bench();
    const run = tracker.startRun();
    await expect(run.logText("x", "a.txt", { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    queue.logArtifact = () => new Promise(() => {});
    const late = run.logText("x", "a.txt", { timeout: 50 });
    void runtime.clock.advance(60);
    await expect(late).rejects.toThrow("took longer than 50 ms");
  });

  test("logInput() fills in a digest, and refuses what MLflow refuses", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logInput({ name: "penguins", source: { url: "x" } }, { context: "training", tags: { split: "80" } });
    run.logInput({
      name: "other",
      digest: "abc",
      sourceType: "http",
      source: "https://x",
      schema: "{}",
      profile: { rows: 3 },
    });
    run.logInput({ name: "x".repeat(501) });
    run.logInput({ name: "d", digest: "0".repeat(37) });
    expect(queue.of("inputs")).toEqual([
      [
        [
          {
            dataset: {
              name: "penguins",
              digest: expect.any(String),
              sourceType: "local",
              source: '{"url":"x"}',
              schema: undefined,
              profile: undefined,
            },
            tags: { split: "80", "mlflow.data.context": "training" },
          },
        ],
      ],
      [
        [
          {
            dataset: {
              name: "other",
              digest: "abc",
              sourceType: "http",
              source: "https://x",
              schema: "{}",
              profile: '{"rows":3}',
            },
            tags: {},
          },
        ],
      ],
    ]);
    expect(problems).toHaveLength(2);
    expect(tracker.queue.status().quarantined.requests).toBe(2);
  });

  test("logInput() tells once when a run has the dataset already with another context or source", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    const input = { name: "penguins", digest: "d1" };
    run.logInput(input, { tags: { b: "2", a: "1" }, context: "training" });
    run.logInput(input, { tags: { a: "1", b: "2" }, context: "training" });
    expect(problems).toEqual([]);
    run.logInput(input, { context: "validation" });
    run.logInput(input, { context: "test" });
    run.logInput({ ...input, digest: "d2" }, { context: "validation" });
    run.startChild().logInput(input, { context: "validation" });
    expect(problems.map(({ kind, key, message }) => [kind, key, message])).toEqual([
      ["invalid-value", "penguins", expect.stringContaining("use another name or digest")],
    ]);
    run.logInput({ name: "squid", digest: "d", source: "a" });
    run.logInput({ name: "squid", digest: "d", source: "b" });
    expect(problems[1]?.message).toContain("this context, tags and source are not kept");
    expect(queue.of("inputs")).toHaveLength(8);
    const strict = bench({ strict: true }).tracker.startRun();
    strict.logInput(input);
    expect(() => strict.logInput(input, { context: "x" })).toThrow(ValidationError);
  });
});
