import { describe, expect, test } from "vitest";
import { withDeadline } from "../../src/client/deadline.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { rejection } from "./support/fake-server.ts";

/** A signal that counts who listens to it. */
function countedSignal(): { signal: AbortSignal; abort: (reason: unknown) => void; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const counting = {
    addEventListener: (...args: Parameters<typeof add>) => {
      count++;
      add(...args);
    },
    removeEventListener: (...args: Parameters<typeof remove>) => {
      count--;
      remove(...args);
    },
  };
  return {
    signal: Object.assign(signal, counting),
    abort: (reason) => controller.abort(reason),
    listeners: () => count,
  };
}

const chunks = (count: number): Response => {
  let left = count;
  return new Response(
    new ReadableStream(
      {
        pull(controller) {
          if (left-- > 0) controller.enqueue(new TextEncoder().encode("x"));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    ),
    { status: 206, statusText: "Partial", headers: { "x-one": "1" } },
  );
};

const stream = (signal: AbortSignal, work: (limit: AbortSignal) => Promise<Response>): Promise<Response> => {
  const expired = (): Error => new Error("late");
  return withDeadline({ clock: new ManualClock(), ms: 1000, signal, expired, streams: true }, work);
};

describe("withDeadline() of what is streamed", () => {
  test("lets go of the signal when the body has ended", async () => {
    const { signal, listeners } = countedSignal();
    const response = await stream(signal, async () => chunks(3));
    expect(listeners()).toBe(1);
    expect([response.status, response.statusText, response.headers.get("x-one")]).toEqual([206, "Partial", "1"]);
    expect(await response.text()).toBe("xxx");
    expect(listeners()).toBe(0);
  });

  test("lets go of the signal when the body is cancelled, which cancels what is below", async () => {
    const { signal, listeners } = countedSignal();
    let cancelled: unknown;
    const body = new ReadableStream({
      cancel(reason) {
        cancelled = reason;
      },
    });
    const response = await stream(signal, async () => new Response(body));
    await response.body?.cancel("enough");
    expect([listeners(), cancelled]).toEqual([0, "enough"]);
  });

  test("lets go of the signal when the body breaks", async () => {
    const { signal, listeners } = countedSignal();
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("lost")) });
    const response = await stream(signal, async () => new Response(body));
    expect(await rejection(response.text())).toMatchObject({ message: "lost" });
    expect(listeners()).toBe(0);
  });

  test("lets go of the signal at once when there is no body, or no answer", async () => {
    const { signal, listeners } = countedSignal();
    await stream(signal, async () => new Response(null, { status: 204 }));
    expect(listeners()).toBe(0);
    await rejection(stream(signal, () => Promise.reject(new Error("none"))));
    expect(listeners()).toBe(0);
  });

  test("ends the body with the reason of the signal, also when its source does not listen", async () => {
    const { signal, abort } = countedSignal();
    let limit: AbortSignal | undefined;
    const response = await stream(signal, async (given) => {
      limit = given;
      return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    });
    const read = rejection(response.text());
    const reason = new Error("stopped");
    abort(reason);
    expect(await read).toBe(reason);
    expect(limit?.reason).toBe(reason);
  });

  test("keeps the address of the answer", async () => {
    const answer = Object.defineProperty(chunks(1), "url", { value: "http://tracking.test/a" });
    expect((await stream(countedSignal().signal, async () => answer)).url).toBe("http://tracking.test/a");
  });
});
