import type { MetricPoint } from "../../client/types/entities.ts";
import type { Timer } from "../../runtime/ports/clock.ts";
import type { Core } from "../core.ts";
import type { RunHandle } from "../run.ts";
import { AlertCourier } from "./alert-courier.ts";
import { newAlert, type StoredRule } from "./alert-tags.ts";
import { type CheckedRule, metricOf } from "./checked-rule.ts";
import { queueTrouble } from "./queue-trouble.ts";
import { isFiniteValue, RuleJudge, type Sight } from "./rule-judge.ts";

/** Milliseconds between two looks at a queue in which nothing changes. */
const LOOK = 5000;

/** One rule of a run: what it watches, and who is told. */
export class RuleWatch {
  /** Values before this are none of its business. */
  readonly since: number;
  readonly #core: Core;
  readonly #run: RunHandle;
  #rule: CheckedRule;
  readonly #judge: RuleJudge;
  readonly #courier: AlertCourier;
  /** What alerts of an earlier process are owed until the rule is attached again. */
  #owed: StoredRule["ways"];
  /** Ids of alerts of an earlier process. */
  readonly #earlier: ReadonlySet<string>;
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;
  /** When something was logged last, or the queue was seen paused, by the clock that never runs backwards. */
  #heard: number;
  #aside = 0;
  #closed = false;

  constructor(
    core: Core,
    run: RunHandle,
    rule: CheckedRule,
    since: number,
    before: Pick<StoredRule, "ways" | "told"> = { ways: [], told: [] },
  ) {
    this.since = since;
    this.#core = core;
    this.#run = run;
    this.#rule = rule;
    this.#judge = new RuleJudge(rule);
    this.#courier = new AlertCourier(core, run, rule, before);
    this.#owed = before.ways;
    this.#earlier = new Set(before.told.map(({ alert }) => alert.id));
    this.#judge.last = before.told.at(-1)?.alert.at;
    this.#heard = core.runtime.clock.monotonic();
    const { condition } = rule;
    if (condition.kind === "silence") this.#listen(condition.ms);
    if (condition.kind === "queue") {
      const look = (): void => this.#lookAtQueue(condition.lag);
      this.#aside = queueTrouble(core.guard.merge(core.queue.status()), condition.lag, 0).aside;
      this.#unsubscribe = core.queue.subscribe(look);
      this.#every(Math.min(LOOK, condition.lag), look);
    }
  }

  get id(): string {
    return this.#rule.id;
  }

  get metric(): string | undefined {
    return metricOf(this.#rule.condition);
  }

  /** Takes over where a rule is delivered to; false when it is another rule, that must begin anew. */
  replace(rule: CheckedRule): boolean {
    const plain = ({ condition, records, cooldown }: CheckedRule): string =>
      JSON.stringify([condition, records, cooldown], (_, value: unknown) =>
        Object.is(value, undefined) ? null : value,
      );
    if (plain(rule) !== plain(this.#rule)) return false;
    this.#rule = rule;
    void this.#courier.readdress(rule, this.#owed);
    this.#owed = [];
    return true;
  }

  take(sight: Sight): void {
    if (this.#sees(sight.key)) this.#see(sight);
  }

  /** Sees what an earlier process has logged; what that has alerted is not told again, what it has not is told late. */
  async catchUp(
    latest: readonly MetricPoint[],
    history: (key: string) => Promise<readonly MetricPoint[]>,
  ): Promise<void> {
    const { condition } = this.#rule;
    const told = this.#judge.last;
    if (condition.kind === "not-finite" && condition.metric === undefined) {
      const bad = latest.filter(({ key, value }) => this.#sees(key) && !isFiniteValue(value));
      this.#judge.wasNotFinite(bad.map(({ key }) => key));
      if (bad.length > 0 && told !== undefined) this.#judge.standsSince(told);
    } else if (condition.kind === "threshold" || condition.kind === "trend" || condition.kind === "not-finite") {
      const key = condition.metric as string;
      // As it was then, before anything was told.
      this.#judge.last = undefined;
      for (const { value, timestamp: at, step } of await history(key)) {
        if (at >= this.since) this.#see({ key, value, at, step }, told);
      }
      this.#judge.last = Math.max(this.#judge.last ?? told ?? 0, told ?? 0) || undefined;
    }
  }

  close(): void {
    const { condition } = this.#rule;
    if (condition.kind === "queue") this.#lookAtQueue(condition.lag);
    this.#closed = true;
    this.#timer?.cancel();
    this.#unsubscribe?.();
    this.#courier.release();
  }

  #sees(key: string): boolean {
    const { metric } = this;
    return metric === undefined ? !key.startsWith("system/") : metric === key;
  }

  #see(sight: Sight, told = Number.NEGATIVE_INFINITY): void {
    const { key: metric, value, step, at } = sight;
    if (this.#rule.condition.kind === "silence") {
      this.#heard = this.#core.runtime.clock.monotonic();
      this.#judge.look(false, at);
    } else if (this.#rule.condition.kind !== "queue" && this.#judge.take(sight) && at >= told) {
      this.#alert({ at, metric, value, step, text: this.#rule.text });
    }
  }

  #alert(seen: Parameters<typeof newAlert>[2]): void {
    const named = { run: this.#run.localId, runName: this.#run.name };
    const alert = newAlert(named, this.#rule.id, seen);
    // Of those of one millisecond, an earlier process may have told some.
    if (!this.#earlier.has(alert.id)) this.#courier.deliver({ alert, sent: new Set() });
  }

  #listen(ms: number): void {
    const { clock } = this.#core.runtime;
    // Again and again, as it may be armed only after its cooldown.
    const left = this.#heard + ms - clock.monotonic();
    this.#timer = clock.after(left > 0 ? left : Math.min(ms, LOOK), () => {
      if (this.#closed) return;
      const silent = clock.monotonic() - this.#heard >= ms;
      const at = clock.now();
      if (silent && this.#judge.look(true, at)) {
        const { metric } = this;
        this.#alert({ at, text: this.#rule.text, ...(metric !== undefined && { metric }) });
      }
      this.#listen(ms);
    });
  }

  #every(ms: number, look: () => void): void {
    this.#timer = this.#core.runtime.clock.after(ms, () => {
      if (this.#closed) return;
      look();
      this.#every(ms, look);
    });
  }

  #lookAtQueue(lag: number): void {
    if (this.#closed) return;
    const { guard, queue, runtime } = this.#core;
    const status = guard.merge(queue.status());
    const now = runtime.clock.monotonic();
    if (status.host === "paused") this.#heard = now;
    // What waits since long ago, as from an earlier process, gets as much time from now on.
    const bound = now - this.#heard > lag ? lag : Number.POSITIVE_INFINITY;
    const { reason, aside } = queueTrouble(status, bound, this.#aside);
    const at = runtime.clock.now();
    if (!this.#judge.look(reason !== undefined, at)) return;
    this.#aside = aside;
    this.#alert({ at, text: `${this.#rule.text}: ${reason}` });
  }
}
