import type { Amount } from "tracklet";
import type { Page } from "./page.ts";
import { until } from "./until.ts";

/** Presses a button of an example's page. */
export function click(page: Page, id: string): Promise<void> {
  return page.call((name) => document.getElementById(name)!.click(), id);
}

/** What an element of it says. */
export function text(page: Page, id: string): Promise<string> {
  return page.call((name) => document.getElementById(name)?.textContent ?? "", id);
}

/** Waits until an element says so, among other things. */
export function shows(page: Page, id: string, part: string): Promise<unknown> {
  return until(`the page shows "${part}" in ${id}`, async () => (await text(page, id)).includes(part));
}

/** Waits until its table of the queue says that nothing is left to send: what is on its way does not wait there. */
export function showsAllSent(page: Page): Promise<unknown> {
  return until("the page shows that all is sent", async () => {
    const { points, requests } = await unsent(page);
    return points + requests === 0;
  });
}

/** What its table of the queue says of what waits and of what is on its way, read at one moment. */
export async function unsent(page: Page): Promise<Amount> {
  const rows = await page.call(() =>
    ["waiting", "inFlight"].map((id) => document.getElementById(id)?.textContent ?? ""),
  );
  const amounts = rows.map((row) => /^(\d+) points, (\d+) other requests$/.exec(row)!);
  const sum = (group: number): number => amounts.reduce((all, amount) => all + Number(amount[group]), 0);
  return { points: sum(1), requests: sum(2) };
}
