import { describe, expect, test } from "vitest";
import type { FileReport, RuntimeReport } from "../../runtime-tests/report.ts";
import { testKind } from "../../scripts/lib/test-names.ts";
import { countTests, lastLine, leftOut, neutralTests, neutralTotal, slowest } from "../../scripts/lib/test-summary.ts";

const file = (name: string, passed: number, failed = 0, skipped = 0): FileReport => ({
  file: name,
  passed,
  failed,
  skipped,
  failures: [],
});
const report = (
  runtime: RuntimeReport["runtime"],
  files: FileReport[],
  more: Partial<RuntimeReport> = {},
): RuntimeReport => ({
  runtime,
  proof: `${runtime} 1`,
  files,
  error: undefined,
  ...more,
});

describe("test names", () => {
  test.each([
    ["test/a.test.ts", "neutral"],
    ["test/a.local.test.ts", "local"],
    ["test/a.node.test.ts", "node"],
    ["test/a.browser.test.ts", "browser"],
    ["test/a.page.test.ts", "page"],
    ["test/local.test.ts", "neutral"],
  ])("testKind() of %s is %s", (name, kind) => {
    expect(testKind(name)).toBe(kind);
  });
});

describe("test summary", () => {
  test("lastLine() is the plain line that scripts look for", () => {
    expect(lastLine({ passed: 5, failed: 0, skipped: 0 })).toBe("5 passed, 0 failed");
    expect(lastLine({ passed: 5, failed: 1, skipped: 2 })).toBe("5 passed, 1 failed, 2 skipped");
  });

  test("countTests() counts a run that broke down, and one that proved nothing, as failures", () => {
    const files = [file("test/a.test.ts", 3, 1, 2)];
    expect(countTests([report("node", files)])).toEqual({ passed: 3, failed: 1, skipped: 2 });
    expect(countTests([report("deno", files, { error: "crashed" })]).failed).toBe(2);
    expect(countTests([report("bun", files, { proof: undefined })]).failed).toBe(2);
  });

  test("neutralTests() leaves out skipped tests and files for some runtimes only", () => {
    const files = [file("test/a.test.ts", 3, 1, 5), file("test/b.local.test.ts", 7)];
    expect(neutralTests(report("node", files))).toBe(4);
  });

  test("neutralTotal() needs Node to compare with", () => {
    const few = report("workerd", [file("test/a.test.ts", 1)]);
    expect(neutralTotal([few])).toBeUndefined();
    expect(neutralTotal([few, report("node", [file("test/a.test.ts", 9)])])).toBe(9);
  });

  test("slowest() names the files that took longest first, with seconds", () => {
    const files = [1_240, undefined, 61_000].map((took, at) => ({
      ...file(`test/${at}.test.ts`, 1),
      ...(took !== undefined && { took }),
    }));
    expect(slowest(report("node", files), 2)).toEqual(["61.0 s test/2.test.ts", "1.2 s test/0.test.ts"]);
  });

  test("leftOut() gives the reason of every file, and shouts where there is none", () => {
    const all = ["test/a.test.ts", "test/b.local.test.ts", "test/c.test.ts", "test/d.test.ts"];
    const groups = leftOut(report("workerd", [file("test/a.test.ts", 1)]), all, {
      "test/c.test.ts": "no timers there",
    });
    expect(groups).toEqual([
      { reason: expect.stringContaining("Node, Deno and Bun only"), files: ["test/b.local.test.ts"] },
      { reason: "no timers there", files: ["test/c.test.ts"] },
      { reason: expect.stringContaining("NOT RUN"), files: ["test/d.test.ts"] },
    ]);
  });
});
