import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert, AlertRule } from "../../../src/tracker/types/alerts.ts";
import { memoryQueue } from "../../../src/index.ts";
import type { QueueStorage } from "../../../src/queue/storage.ts";
import type { Locks } from "../../../src/runtime/ports/locks.ts";
import { world } from "./world.ts";

type Condition =
  | { metric: "loss"; operator: ">" | ">=" | "<" | "<=" | "==" | "!="; value: number }
  | { metric: "loss"; noImprovementFor: number; goal: "min" | "max" }
  | { metric: "loss"; notFinite: true };
type Rule = Condition & { records: number; cooldown: number };

/** As the words of the documentation have it, over the whole series at once. */
function holdsAt(rule: Rule, values: readonly number[], n: number): boolean {
  const value = values[n] as number;
  if ("notFinite" in rule) return !Number.isFinite(value);
  if ("operator" in rule) {
    const truths = { ">": value > rule.value, "<": value < rule.value, "==": value === rule.value };
    if (rule.operator === "!=") return !truths["=="];
    if (rule.operator === ">=") return truths[">"] || truths["=="];
    if (rule.operator === "<=") return truths["<"] || truths["=="];
    return truths[rule.operator];
  }
  const sign = rule.goal === "min" ? -1 : 1;
  let lastBetter = 0;
  for (let k = 1; k <= n; k++) {
    const before = values
      .slice(0, k)
      .filter((one) => !Number.isNaN(one))
      .map((one) => one * sign);
    if (!Number.isNaN(values[k]) && before.every((one) => (values[k] as number) * sign > one)) lastBetter = k;
  }
  return n - lastBetter >= rule.noImprovementFor;
}

/** Indexes of the values at which a rule alerts. */
function oracle(rule: Rule, values: readonly number[], gap: number): number[] {
  const alerts: number[] = [];
  for (let n = 0; n < values.length; n++) {
    const row = [...Array(rule.records).keys()].map((k) => n - k);
    if (row.some((k) => k < 0 || !holdsAt(rule, values, k))) continue;
    const last = alerts.at(-1);
    if (last === undefined) alerts.push(n);
    else if (
      (n - last) * gap >= rule.cooldown &&
      values.slice(last, n).some((_, k) => !holdsAt(rule, values, last + k))
    )
      alerts.push(n);
  }
  return alerts;
}

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    metric: fc.constant("loss" as const),
    operator: fc.constantFrom(">" as const, ">=" as const, "<" as const, "<=" as const, "==" as const, "!=" as const),
    value: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({
    metric: fc.constant("loss" as const),
    noImprovementFor: fc.integer({ min: 1, max: 3 }),
    goal: fc.constantFrom("min" as const, "max" as const),
  }),
  fc.constant({ metric: "loss" as const, notFinite: true as const }),
);

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

describe("S3.6 alertOn(), by a model,", () => {
  test("alerts where the words say, once each, also across crashes", async () => {
    const { runtime, open, close } = await world();
    const { clock } = runtime;
    const property = fc.asyncProperty(
      fc.array(fc.tuple(condition, fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 250)), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(value, { minLength: 1, maxLength: 25 }),
      fc.array(fc.nat(24), { maxLength: 2 }),
      async (drafts, values, crashes) => {
        const rules: Rule[] = drafts.map(([one, records, cooldown]) => ({ ...one, records, cooldown }));
        const alerts = new Map<string, Alert[]>();
        const attach = (run: { alertOn(rule: AlertRule): void }): void => {
          for (const [n, rule] of rules.entries()) {
            const id = `rule ${n}`;
            const onAlert = (alert: Alert): void => void alerts.set(id, [...(alerts.get(id) ?? []), alert]);
            run.alertOn({ ...rule, id, onAlert });
          }
        };
        let tracker = open();
        let run = tracker.startRun();
        const id = run.localId;
        const start = clock.now();
        attach(run);
        for (const [step, one] of values.entries()) {
          if (crashes.includes(step)) {
            // What this process leaves behind is on the server; it never ends its run.
            await clock.until(tracker.flush());
            tracker = open();
            run = await clock.until(tracker.resumeRun(id));
            attach(run);
          }
          run.logMetric("loss", one, { step, timestamp: start + step * 100 });
        }
        await clock.until(run.end("FINISHED", { until: "delivered" }));
        for (const [n, rule] of rules.entries()) {
          const seen = (alerts.get(`rule ${n}`) ?? []).map(({ at }) => (at - start) / 100);
          expect(seen).toEqual(oracle(rule, values, 100));
        }
        await clock.until(tracker.close());
      },
    );
    await fc.assert(property, {
      numRuns: 30,
      // An infinity comes back from the server as the greatest double.
      examples: [
        [
          [[{ metric: "loss", noImprovementFor: 1, goal: "max" }, 1, 0]],
          [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0],
          [1],
        ],
      ],
    });
    close();
  }, 60_000);

  test("alerts once each where two tabs see the same", async () => {
    const { runtime, open, close } = await world();
    const { clock } = runtime;
    const property = fc.asyncProperty(
      fc.array(fc.tuple(condition, fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 250)), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(value, { minLength: 1, maxLength: 25 }),
      fc.infiniteStream(fc.boolean()),
      async (drafts, values, order) => {
        const rules: Rule[] = drafts.map(([one, records, cooldown]) => ({ ...one, records, cooldown }));
        const locks = memoryLocks();
        const trackers = [open(lockedQueue(locks)), open(lockedQueue(locks))] as const;
        const first = trackers[0].startRun();
        const start = clock.now();
        const second = await clock.until(trackers[1].resumeRun(await clock.until(first.runId())));
        const alerts = rules.map(() => [] as number[]);
        for (const run of [first, second]) {
          for (const [n, rule] of rules.entries()) {
            run.alertOn({ ...rule, id: `rule ${n}`, onAlert: ({ at }) => void alerts[n]?.push((at - start) / 100) });
          }
        }
        // Both are at it: one that comes when the other has ended the run tells what it sees then.
        for (const tracker of trackers) await clock.until(tracker.flush());
        for (const [step, one] of values.entries()) {
          const runs = order.next().value ? [first, second] : [second, first];
          for (const run of runs) run.logMetric("loss", one, { step, timestamp: start + step * 100 });
          if (order.next().value) await clock.advance(0);
        }
        await clock.advance(0);
        await clock.until(first.end("FINISHED", { until: "delivered" }));
        await clock.until(trackers[1].flush());
        expect(alerts).toEqual(rules.map((rule) => oracle(rule, values, 100)));
        for (const tracker of trackers) await clock.until(tracker.close());
      },
    );
    await fc.assert(property, { numRuns: 20 });
    close();
  }, 60_000);
});

/** Locks for alerts that two trackers of one process share, as two tabs do; each has a queue of its own. */
function memoryLocks(): Locks {
  const held = new Set<string>();
  return {
    stalls: false,
    async acquire(name) {
      if (!name.startsWith("alert")) return () => {};
      if (held.has(name)) return undefined;
      held.add(name);
      return () => void held.delete(name);
    },
  };
}

/** A queue in memory that has locks. */
function lockedQueue(locks: Locks): QueueStorage {
  const queue = memoryQueue();
  return {
    ...queue,
    async open(onProblem) {
      const store = await queue.open(onProblem);
      return new Proxy(store, {
        get(target, name) {
          if (name === "locks") return locks;
          const found: unknown = Reflect.get(target, name);
          return typeof found === "function" ? (found.bind(target) as unknown) : found;
        },
      });
    },
  };
}
