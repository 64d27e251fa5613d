import { describe, expect, test } from "vitest";
import { lifecycleOf } from "../../src/runtime/page-lifecycle.ts";

/** A window whose events are in the hands of the test, and that counts who listens to what. */
function fakePage() {
  const listening = new Map<string, number>();
  const count = (type: string, by: number): void => void listening.set(type, (listening.get(type) ?? 0) + by);
  class Target extends EventTarget {
    override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
      count(args[0], 1);
      super.addEventListener(...args);
    }
    override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
      count(args[0], -1);
      super.removeEventListener(...args);
    }
  }
  const document = Object.assign(new Target(), { visibilityState: "visible" });
  const page = Object.assign(new Target(), { document });
  const transition = (type: string, persisted: boolean): boolean =>
    page.dispatchEvent(Object.assign(new Event(type), { persisted }));
  return { page, document, listening, transition };
}

describe("lifecycleOf()", () => {
  test("tells how a page goes out of sight", () => {
    const { page, document, transition } = fakePage();
    const told: string[] = [];
    lifecycleOf(() => page).onHidden((how) => told.push(how));
    document.dispatchEvent(new Event("visibilitychange"));
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    document.dispatchEvent(new Event("freeze"));
    transition("pagehide", true);
    transition("pagehide", false);
    expect(told).toEqual(["hidden", "frozen", "cached", "left"]);
  });

  test("tells when a page goes on that was frozen or cached, and not when it is shown for the first time", () => {
    const { page, document, transition } = fakePage();
    let shown = 0;
    lifecycleOf(() => page).onShown?.(() => shown++);
    transition("pageshow", false);
    expect(shown).toBe(0);
    transition("pageshow", true);
    document.dispatchEvent(new Event("resume"));
    expect(shown).toBe(2);
  });

  test("never listens to unload or beforeunload, which keep pages out of the back-forward cache, and leaves nothing", () => {
    const { page, listening } = fakePage();
    const lifecycle = lifecycleOf(() => page);
    const stops = [lifecycle.onHidden(() => {}), lifecycle.onShown?.(() => {}), lifecycle.onEnd(() => {})];
    expect([...listening.keys()].sort()).toEqual(["freeze", "pagehide", "pageshow", "resume", "visibilitychange"]);
    for (const stop of stops) stop?.();
    expect([...listening.values()]).toEqual([0, 0, 0, 0, 0]);
  });

  test("has nothing to tell where there is no document, as in a worker", () => {
    const worker = new EventTarget();
    const lifecycle = lifecycleOf(() => worker);
    let told = 0;
    const stops = [lifecycle.onHidden(() => told++), lifecycle.onShown?.(() => told++)];
    worker.dispatchEvent(new Event("pagehide"));
    for (const stop of stops) stop?.();
    expect(told).toBe(0);
  });
});
