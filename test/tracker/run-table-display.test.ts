import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/internal/terminal-text.ts";
import { createRunTable } from "../../src/tracker/run-table.ts";
import { runData } from "./run-table-fixture.ts";

const whole = { truncated: false, pending: 0 };
const runs = [
  runData(
    { runName: "calm-heron" },
    { metrics: { loss: 0.0123456 }, params: { lr: "0.1" }, tags: { "mlflow.user": "a" } },
  ),
  runData({ runName: "鷺 heron" }, { metrics: { loss: 1234567 }, params: { lr: "1e-05" } }),
];
const inspect = Symbol.for("nodejs.util.inspect.custom");
const denoInspect = Symbol.for("Deno.customInspect");
const jupyter = Symbol.for("Jupyter.display");
type Shows = Record<symbol, (a?: unknown, options?: unknown) => unknown>;
const shows = (table: unknown): Shows => table as Shows;

describe("RunTable.toString()", () => {
  test("groups columns by kind, sets numbers to the right and hides MLflow's own tags", () => {
    const text = createRunTable(runs, whole).select("name", "metrics.loss", "params.lr").toString();
    expect(text.split("\n")).toEqual([
      "              metrics  params",
      "name             loss      lr",
      "calm-heron    0.01235     0.1",
      "鷺 heron    1,234,567   1e-05",
    ]);
    expect(createRunTable(runs, whole).toString()).not.toContain("user");
  });

  test("keeps, where there is no room for all, what tells runs apart", () => {
    const many = ["a", "b"].map((runName, index) =>
      runData(
        { runName },
        {
          metrics: { acc: index, loss: index, "summary.loss": index, zero: 0 },
          params: { batch: "8", epochs: "40", lr: `0.${index}`, seed: "7" },
        },
      ),
    );
    const text = createRunTable(many, { ...whole, width: () => 50 }).toString();
    expect(text.split("\n").slice(0, 2)).toEqual([
      "                metrics            params",
      "name  status    acc  summary.loss  batch   lr",
    ]);
  });

  test.each([10, 20, 40, 79, 80, 200])("keeps every line within %i columns", (width) => {
    const params = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`parameter-${i}`, "long ".repeat(i)]));
    const table = createRunTable([...runs, runData({ runName: "名".repeat(300) }, { params })], {
      truncated: true,
      pending: 5,
      width: () => width,
    });
    const widths = table.toString().split("\n").map(displayWidth);
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
    expect(Math.min(...widths)).toBeGreaterThan(0);
  });

  test("says how many columns and runs it does not show, and what was not delivered", () => {
    const many = Array.from({ length: 100 }, (_, i) => runData({ runName: `run-${i}` }, { metrics: { loss: i } }));
    const text = createRunTable(many, { truncated: true, pending: 1200, width: () => 60 }).toString();
    expect(text).toContain("… 70 more runs in .rows");
    expect(text).toContain("… the server has more runs: raise maxResults");
    expect(text).toContain("… 1,200 writes not delivered yet");
    expect(text.split("\n").length).toBeLessThan(40);
  });

  test("says so when there is no run", () => {
    expect(createRunTable([], whole).toString()).toBe("no runs");
  });

  test("lets no name move the cursor, colour the screen or break the line", () => {
    const text = createRunTable([runData({ runName: "a\u001b[31mred\u0007\r\nb\u202e" })], whole)
      .select("name")
      .toString();
    expect(text).toBe("name\na\ufffd[31mred\ufffd b\ufffd");
  });
});

describe("RunTable shows itself", () => {
  const table = createRunTable(runs, whole);

  test("to console.log in Node, Bun and Deno, in colours only when asked", () => {
    expect(shows(table)[inspect]?.(2, { colors: false })).toBe(table.toString());
    expect(shows(table)[inspect]?.(2, { colors: true })).toContain("\u001b[2m");
    expect(shows(table)[denoInspect]?.(undefined, { colors: false })).toBe(table.toString());
    expect(shows(table)[denoInspect]?.()).toBe(table.toString());
  });

  test("to notebooks as text and HTML", () => {
    expect(shows(table)[jupyter]?.()).toEqual({ "text/plain": table.toString(), "text/html": table.toHTML() });
  });
});

describe("RunTable.toHTML()", () => {
  test("escapes names, keys and values", () => {
    const evil = `<script>alert("1")</script>`;
    const table = createRunTable(
      [runData({ runName: evil }, { params: { [evil]: `'"&${evil}` }, tags: { t: evil } })],
      whole,
    );
    const html = table.toHTML();
    expect(html).not.toContain("<script");
    expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(html).toContain("&#39;&quot;&amp;&lt;script");
  });

  test("shows short numbers and keeps the whole one as the cell's title", () => {
    const html = createRunTable(runs, whole).toHTML();
    expect(html).toContain('<td class="number" title="0.0123456">0.01235</td>');
    expect(html).toContain("<caption>2 runs</caption>");
  });

  test("says when it is not all", () => {
    const html = createRunTable(runs, { truncated: true, pending: 2 }).toHTML();
    expect(html).toContain("<caption>2 runs; the server has more; 2 writes not delivered yet</caption>");
  });
});
