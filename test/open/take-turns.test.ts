import { expect, test } from "vitest";
import { takeTurns } from "../../src/open/take-turns.ts";

test("takeTurns() lets a timer fire between requests that are answered without leaving the thread", async () => {
  const fetch = takeTurns(() => Promise.resolve(new Response("ok")));
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 0);
  let requests = 0;
  // Promises alone let no timer fire: without turns the loop would go on to its bound.
  while (!fired && requests < 1_000_000) {
    requests++;
    await fetch(new Request("http://tracklet.localhost/health"));
  }
  expect(fired).toBe(true);
});
