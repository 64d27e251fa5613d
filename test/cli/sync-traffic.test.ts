import { describe, expect, test } from "vitest";
import { watchTraffic } from "../../src/cli/sync-traffic.ts";
import { ManualClock } from "../support/manual-clock.ts";

const url = "http://mlflow.example";

function setup() {
  const clock = new ManualClock();
  const answers: ((answer: Response | Error) => void)[] = [];
  const traffic = watchTraffic(
    () =>
      new Promise((resolve, reject) => {
        answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
    url,
    clock,
  );
  const send = async (answer?: Response | Error): Promise<void> => {
    const reply = traffic.fetch(new Request(`${url}/api`)).catch(() => undefined);
    if (answer === undefined) return;
    answers.at(-1)!(answer);
    await reply;
  };
  return { clock, traffic, send };
}

describe("watchTraffic()", () => {
  test("has nothing to say while the server answers", async () => {
    const { clock, traffic, send } = setup();
    expect(traffic.trouble()).toBeUndefined();
    await send(new Response("{}"));
    await send(new Response("{}", { status: 404 }));
    await send();
    await clock.advance(900);
    expect(traffic.trouble()).toBeUndefined();
    expect(traffic.sent).toBe(3);
  });

  test("tells how long a request has waited", async () => {
    const { clock, traffic, send } = setup();
    await send(new Response("{}"));
    await send();
    await clock.advance(3_000);
    expect(traffic.trouble()).toBe(`${url} has not answered for 3.0 s`);
  });

  test("tells that the first request has no answer, however short it waits", async () => {
    const { clock, traffic, send } = setup();
    await send();
    await clock.advance(300);
    expect(traffic.trouble()).toBe(`${url} has not answered for 300 ms`);
  });

  test("tells how often no answer came, and when last, until one comes", async () => {
    const { clock, traffic, send } = setup();
    await send(new TypeError("fetch failed"));
    await clock.advance(2_000);
    expect(traffic.trouble()).toBe(`no answer came from ${url} to the only try, 2.0 s ago`);
    await send(new TypeError("fetch failed"));
    await clock.advance(61_000);
    expect(traffic.trouble()).toBe(`no answer came from ${url} to 2 tries, the last 1 min 01 s ago`);
    await send(new Response("{}"));
    expect(traffic.trouble()).toBeUndefined();
  });

  test.each([429, 500, 503])("tells that the server answered %i", async (status) => {
    const { traffic, send } = setup();
    await send(new Response("", { status }));
    expect(traffic.trouble()).toBe(`${url} answered ${status} to the only try, 0 ms ago`);
    await send(new TypeError("fetch failed"));
    await send(new Response("", { status }));
    expect(traffic.trouble()).toBe(`${url} answered ${status} to the last of 3 tries, 0 ms ago`);
  });

  test("counts a request that was given up as one without an answer", async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const traffic = watchTraffic(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      url,
      clock,
    );
    const reply = traffic.fetch(new Request(url, { signal: abort.signal })).catch(() => "given up");
    abort.abort();
    expect(await reply).toBe("given up");
    await clock.advance(5_000);
    expect(traffic.trouble()).toBe(`no answer came from ${url} to the only try, 5.0 s ago`);
  });
});
