import { describe, expect, test } from "vitest";
import { LineSplitter } from "../../src/cli/line-splitter.ts";
import { readMetricLine } from "../../src/cli/metric-lines.ts";
import { OutputLog } from "../../src/cli/output-log.ts";

describe("readMetricLine()", () => {
  test("reads pairs of keys and numbers, with a step", () => {
    expect(readMetricLine("loss=0.31 val/acc=.9 step=7\n")).toEqual({
      values: { loss: 0.31, "val/acc": 0.9 },
      step: 7,
    });
    expect(readMetricLine("a=-1.5e-3, b=inf, c=-Infinity, d=NaN")).toEqual({
      values: { a: -0.0015, b: Infinity, c: -Infinity, d: NaN },
    });
    expect(readMetricLine("\u001b[32mloss=1\u001b[0m  step=-2")).toEqual({ values: { loss: 1 }, step: -2 });
  });

  test("takes nothing of any other line", () => {
    const others = [
      "",
      "loss",
      "loss = 1",
      "loss=",
      "=1",
      "loss=1 done",
      "loss=0x10",
      "loss=1e",
      "step=1",
      "a=1 step=1.5",
    ];
    for (const line of [...others, "a$=1", "url=http://x?y=1", "loss=1_000", `a=${"1".repeat(10_000)}`]) {
      expect(readMetricLine(line)).toBeUndefined();
    }
  });
});

describe("LineSplitter", () => {
  test("gives whole lines, whatever the pieces, and what has no end", () => {
    const text = "a\nb\r\nc=1\rc=2\r\n\nend";
    const whole = ["a\n", "b\r\n", "c=1\r", "c=2\r\n", "\n", "end"];
    for (let size = 1; size <= text.length; size++) {
      const lines: string[] = [];
      const splitter = new LineSplitter((line) => void lines.push(line));
      for (let at = 0; at < text.length; at += size) splitter.add(text.slice(at, at + size));
      splitter.end();
      expect(lines).toEqual(whole);
    }
  });
});

describe("OutputLog", () => {
  test("keeps the beginning and the end of what is too long, and says what is between", () => {
    const log = new OutputLog();
    const line = `${"x".repeat(999)}\n`;
    log.add("first\n");
    for (let n = 0; n < 9000; n++) log.add(line);
    log.add("last\n");
    expect(log.text.length).toBeLessThan(8_100_000);
    expect(log.text.startsWith("first\nx")).toBe(true);
    expect(log.text.endsWith("x\nlast\n")).toBe(true);
    expect(log.text).toMatch(/\n\.\.\. \d+ characters are left out here \.\.\.\n/);
  });
});
