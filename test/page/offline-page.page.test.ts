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

test("examples/offline-page trains offline, is closed, comes back, and all is on its server once", async () => {
  const cwd = await temporaryDirectory();
  const program = startProgram(new URL("../../examples/offline-page/main.ts", import.meta.url), ["--port", "0"], {
    cwd,
  });
  const browser = await Browser.start();
  try {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await program.line("open http"))![0];
    const page = await browser.open(url);
    await shows(page, "said", "ready");
    await click(page, "train");
    await shows(page, "said", "durable");
    await shows(page, "delivered", "200 points");
    expect(await text(page, "host")).toBe("ok");
    await click(page, "list");
    await shows(page, "said", "nothing is in quarantine");

    await click(page, "offline");
    await shows(page, "host", "paused");
    await click(page, "train");
    await shows(page, "said", "durable");
    expect((await unsent(page)).points).toBe(200);
    await click(page, "offline");
    await shows(page, "delivered", "400 points");

    await page.setOffline(true);
    await click(page, "train");
    await shows(page, "said", "durable");
    await shows(page, "problems", "no answer came");
    expect((await unsent(page)).points).toBe(200);
    await page.close();
    const again = await browser.open(url);
    await shows(again, "delivered", "200 points");
    await showsAllSent(again);
    await click(again, "flush");
    await shows(again, "said", "0 wait");

    const database = new DatabaseSync(join(cwd, "mlflow.db"), { readOnly: true });
    const count = (sql: string): unknown => database.prepare(sql).get()!["n"];
    expect(count("select count(*) as n from runs where status = 'FINISHED'")).toBe(3);
    expect(count("select count(*) as n from runs")).toBe(3);
    expect(count("select count(*) as n from metrics")).toBe(600);
    expect(count("select min(value) > 0.95 as n from latest_metrics where key = 'accuracy'")).toBe(1);
    database.close();
  } finally {
    await browser.close();
    program.kill("SIGTERM");
  }
  const { code, stderr } = await program.end;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
