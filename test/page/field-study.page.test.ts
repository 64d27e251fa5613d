import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { Browser } from "./support/chromium.ts";
import { click, shows, showsAllSent, text, unsent } from "./support/example-page.ts";

const temporaryDirectory = temporaryDirectories();

// Longer than what starts a program alone needs.
vi.setConfig({ testTimeout: 120_000 });

test("S3.1 examples/field-study records and alerts without a network, is closed, comes back, and all is on its server once", async () => {
  const cwd = await temporaryDirectory();
  const main = new URL("../../examples/field-study/main.ts", import.meta.url);
  const program = startProgram(main, ["--port", "0"], { cwd });
  const browser = await Browser.start();
  try {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await program.line("open http"))![0];
    const page = await browser.open(url);
    await shows(page, "said", "ready");
    // What is loaded late must be there before the network is gone, as in any page.
    await click(page, "walk");
    await shows(page, "said", "walk 1 is recorded: it is sent");

    await click(page, "offline");
    await shows(page, "host", "paused");
    await page.setOffline(true);
    await click(page, "walk");
    await shows(page, "said", "walk 2 is recorded: it waits here");
    const alerts = (await text(page, "alerts")).match(/a very heavy penguin: \d+ g, number \d+/g);
    // Of the 342 penguins these have 6,000 g or more; each walk meets them once.
    const heavy = ["6300 g, number 237", "6050 g, number 253", "6000 g, number 297", "6000 g, number 337"];
    expect(alerts).toEqual([...heavy, ...heavy].map((one) => `a very heavy penguin: ${one}`));
    expect((await unsent(page)).points).toBe(1028);
    await page.close();

    const again = await browser.open(url);
    await shows(again, "delivered", "1028 points");
    await showsAllSent(again);
    const database = new DatabaseSync(join(cwd, "mlflow.db"), { readOnly: true });
    const rows = (sql: string): unknown[] =>
      database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    expect(rows("select name, status from runs order by name")).toEqual([
      { name: "walk 1", status: "FINISHED" },
      { name: "walk 2", status: "FINISHED" },
    ]);
    // Three figures of each penguin, and two of the whole walk.
    expect(rows("select count(*) as n, count(distinct run_uuid) as runs from metrics")).toEqual([
      { n: 2 * (3 * 342 + 2), runs: 2 },
    ]);
    const told = rows("select value from tags where key like 'mlflow.tracklet.alert.%'") as { value: string }[];
    expect(
      told.map(({ value }) => (JSON.parse(value) as { step: number; sent: string[] }[]).map(({ sent }) => sent)),
    ).toEqual([
      [["callback"], ["callback"], ["callback"], ["callback"]],
      [["callback"], ["callback"], ["callback"], ["callback"]],
    ]);
    expect(rows("select count(*) as n from tags where key = 'mlflow.tracklet.environment'")).toEqual([{ n: 2 }]);
    database.close();
  } finally {
    await browser.close();
    program.kill("SIGTERM");
  }
  const { code, stderr } = await program.end;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
