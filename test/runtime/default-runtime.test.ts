import { describe, expect, test } from "vitest";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";

const runtime = defaultRuntime();

describe("defaultRuntime()", () => {
  test("puts overrides in the place of the platform's ports", () => {
    const clock = { now: () => 1, monotonic: () => 2, after: () => ({ cancel: () => {} }) };
    const changed = defaultRuntime({ clock });
    expect(changed.clock).toBe(clock);
    expect(changed.random).toBe(runtime.random);
  });

  test("clock gives whole milliseconds that agree with the platform, and time that does not run backwards", () => {
    const before = Date.now();
    const now = runtime.clock.now();
    expect(Number.isInteger(now)).toBe(true);
    expect(now).toBeGreaterThan(before - 1);
    const first = runtime.clock.monotonic();
    expect(runtime.clock.monotonic()).toBeGreaterThanOrEqual(first);
  });

  test("clock.after() calls back, unless it was cancelled", async () => {
    const calls: string[] = [];
    const cancelled = runtime.clock.after(0, () => calls.push("cancelled"));
    cancelled.cancel();
    await new Promise<void>((resolve) => {
      runtime.clock.after(1, () => {
        calls.push("fired");
        resolve();
      });
    });
    expect(calls).toEqual(["fired"]);
  });

  test("clock.after() does not fire at once when the time is longer than platforms count", async () => {
    let fired = false;
    const timer = runtime.clock.after(2 ** 40, () => {
      fired = true;
    });
    await new Promise<void>((resolve) => void runtime.clock.after(5, resolve));
    timer.cancel();
    expect(fired).toBe(false);
  });

  test("random gives as many bytes as asked for, also more than the platform gives at once", () => {
    const bytes = runtime.random.bytes(200_000);
    expect(bytes).toHaveLength(200_000);
    expect(bytes.subarray(150_000).some((byte) => byte !== 0)).toBe(true);
    const fraction = runtime.random.fraction();
    expect(fraction >= 0 && fraction < 1).toBe(true);
  });

  test("fetch hears of a fetch that was replaced later", async () => {
    const original = globalThis.fetch;
    try {
      globalThis.fetch = async () => new Response("replaced");
      expect(await (await runtime.fetch(new Request("http://localhost/"))).text()).toBe("replaced");
    } finally {
      globalThis.fetch = original;
    }
  });

  test("environment answers without asking anybody", () => {
    const { environment } = runtime;
    expect(environment.get("TRACKLET_NO_SUCH_VARIABLE")).toBeUndefined();
    expect(environment.runtimeVersion().length).toBeGreaterThan(0);
    const user = environment.user();
    expect(user === undefined || user.length > 0).toBe(true);
  });

  test("online is true where the platform does not know better, and listeners can leave", () => {
    expect(runtime.online.isOnline()).toBe(true);
    const stop = runtime.online.onOnline(() => {});
    expect(stop()).toBeUndefined();
  });

  test("lifecycle gives back the way to stop, twice without harm", () => {
    const stops = [
      runtime.lifecycle.onHidden(() => {}),
      runtime.lifecycle.onEnd(() => {}),
      runtime.lifecycle.keepAlive(),
    ];
    for (const stop of [...stops, ...stops]) stop();
    expect(stops).toHaveLength(3);
  });

  test("terminal has a width", () => {
    expect(runtime.terminal.columns()).toBeGreaterThan(0);
  });
});
