import { describe, expect, test } from "vitest";
import { judgeClaims, judgeSize } from "../../scripts/check-sizes.ts";
import { measureBundle } from "../../scripts/lib/bundle-size.ts";
import { temporaryFiles } from "./temporary-files.ts";

const limit = { name: "core", code: "", limit: 1000, never: ["sqlite", "src/server"] };

describe("measureBundle", () => {
  test("measureBundle() counts static chunks, keeps late imports apart and drops what is not used", async () => {
    const filler = Array.from({ length: 400 }, (_, i) => `${i * 7919}`).join(",");
    const base = temporaryFiles({
      "used.ts": 'export const used = () => import("./a-late.ts");\nexport { unused } from "./unused.ts";',
      "unused.ts": `export const unused = [${filler}];`,
      "a-late.ts": `export const late = [${filler}];`,
    });
    const size = await measureBundle(base, 'import { used } from "./used.ts"; console.log(used);');
    expect(size.inputs).toEqual(["tracklet-entry.ts", "used.ts"].sort().map((name) => expect.stringContaining(name)));
    expect(size.gzip).toBeLessThan(400);
    expect(size.lateGzip).toBeGreaterThan(1000);
  });
});

describe("judgeSize", () => {
  const inputs = ["src/client/client.ts", "node_modules/ky/index.js"];

  test("judgeSize() is content at the limit", () => {
    expect(judgeSize(limit, { gzip: 1000, lateGzip: 9, inputs, lateInputs: [] })).toEqual([]);
  });

  test("judgeSize() finds a byte too many", () => {
    expect(judgeSize(limit, { gzip: 1001, lateGzip: 0, inputs, lateInputs: [] }).map((p) => p.message)).toEqual([
      "has 1001 bytes min+gz, the limit is 1000",
    ]);
  });

  test("judgeSize() finds inputs that must not be there", () => {
    const found = judgeSize(limit, {
      gzip: 1,
      lateGzip: 0,
      lateInputs: [],
      inputs: [...inputs, "src/server/router.ts", "node_modules/sqlite/a.js"],
    });
    expect(found.map((problem) => problem.message)).toEqual([
      expect.stringContaining("pulls in node_modules/sqlite/a.js"),
      expect.stringContaining("pulls in src/server/router.ts"),
    ]);
  });
});

describe("judgeClaims", () => {
  test("judgeClaims() holds the README to the limits", () => {
    const text = "<!-- size: core -->1 kB, <!-- size: core -->0.5 kB, <!-- size: other -->3 kB";
    expect(judgeClaims(text, [limit]).map((problem) => problem.message)).toEqual([
      'the size of "core" must be 1 kB: current value is 0.5 kB',
      expect.stringContaining('tells a size of "other"'),
    ]);
  });
});
