import type { Fault, FaultHandle, Faults } from "./fault.ts";

interface ActiveFault {
  readonly fault: Fault;
  passed: number;
  struck: number;
}

/** The faults of one mock. */
export class FaultList implements Faults {
  #active: ActiveFault[] = [];

  add(fault: Fault): FaultHandle {
    const effects = ["status", "drop", "cut", "notJson", "delay"].filter((name) => name in fault);
    if (effects.length === 0) {
      throw new TypeError("Cannot add a fault without effect: it must have one of status, drop, cut, notJson, delay");
    }
    const active: ActiveFault = { fault, passed: 0, struck: 0 };
    this.#active.push(active);
    return {
      get struck() {
        return active.struck;
      },
      remove: () => {
        this.#active = this.#active.filter((one) => one !== active);
      },
    };
  }

  clear(): void {
    this.#active = [];
  }

  /** The fault that strikes this request, counted. */
  strike(request: Request): Fault | undefined {
    for (const active of this.#active) {
      const { fault } = active;
      if (active.struck >= (fault.times ?? 1) || !matches(fault, request)) continue;
      if (active.passed < (fault.after ?? 0)) {
        active.passed += 1;
        continue;
      }
      active.struck += 1;
      return fault;
    }
    return undefined;
  }
}

function matches({ on, method }: Fault, request: Request): boolean {
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (on === undefined) return true;
  if (typeof on === "function") return on(request);
  if (on instanceof RegExp) return new RegExp(on.source, on.flags.replace(/[gy]/gu, "")).test(request.url);
  return new URL(request.url).pathname.endsWith(on);
}
