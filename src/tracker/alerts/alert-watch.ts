import type { Core } from "../core.ts";
import type { EarlierRun } from "../earlier-run.ts";
import { textOf } from "../entries.ts";
import { quote } from "../key.ts";
import type { RunHandle } from "../run.ts";
import type { AlertRule } from "../types/alerts.ts";
import { ruleTag, storedRules } from "./alert-tags.ts";
import { checkRule } from "./check-rule.ts";
import { deliverOwed } from "./owed-alerts.ts";
import { RuleWatch } from "./rule-watch.ts";
import type { Sight } from "./rule-judge.ts";

/** Most rules of one run: each costs at each record. */
const MOST = 100;

/** Judges what a run logs by its rules. */
export class AlertWatch {
  readonly #core: Core;
  readonly #run: RunHandle;
  readonly #rules = new Map<string, RuleWatch>();
  /** Metrics that were logged since there are rules. */
  readonly #seen = new Set<string>();

  constructor(core: Core, run: RunHandle) {
    this.#core = core;
    this.#run = run;
  }

  /** Adds a rule from `since` on, or gives one that there is new places to deliver to. */
  add(given: AlertRule, since: number): void {
    try {
      const rule = checkRule(given);
      const known = this.#rules.get(rule.id);
      if (known?.replace(rule)) {
        this.#run.setTag(...ruleTag(rule, known.since));
        return;
      }
      if (known === undefined && this.#rules.size >= MOST) {
        this.#tell(`Cannot use the alert rule ${quote(rule.id)} as a run has at most ${MOST}`, "rules");
        return;
      }
      known?.close();
      this.#rules.set(rule.id, new RuleWatch(this.#core, this.#run, rule, since));
      this.#run.setTag(...ruleTag(rule, since));
      if (rule.webhook !== undefined) deliverOwed(this.#core, this.#run, rule);
    } catch (cause) {
      this.#tell(textOf(Object(cause).message ?? cause), textOf(cause), cause);
    }
  }

  take(key: string, value: number, at: number, step: number): void {
    this.#seen.add(key);
    const sight: Sight = { key, value, at, step };
    for (const rule of this.#rules.values()) rule.take(sight);
  }

  /** Goes on with the rules of an earlier process, as if it had seen what that has logged. */
  async resume({ tags, latest, history }: EarlierRun): Promise<void> {
    const named = { run: this.#run.localId, runName: this.#run.name };
    for (const { key } of latest) this.#seen.add(key);
    for (const { rule, since, ways, told } of storedRules(named, tags)) {
      const watch = new RuleWatch(this.#core, this.#run, rule, since, { ways, told });
      this.#rules.set(rule.id, watch);
      try {
        await watch.catchUp(latest, history);
      } catch (cause) {
        this.#tell(
          `The alert rule ${quote(rule.id)} begins anew as its metric cannot be read: ${textOf(cause)}`,
          rule.id,
          cause,
        );
      }
    }
  }

  /** The run has ended. */
  end(): void {
    for (const rule of this.#rules.values()) {
      const { metric, id } = rule;
      if (metric === undefined || this.#seen.has(metric)) continue;
      const logged = [...this.#seen].slice(0, 10).map(quote).join(", ");
      this.#tell(
        `The alert rule ${quote(id)} had nothing to watch as no metric ${quote(metric)} was logged: ${logged === "" ? "none was" : `there are ${logged}`}`,
        `unknown ${metric}`,
      );
    }
    for (const rule of this.#rules.values()) rule.close();
  }

  #tell(message: string, what: string, cause?: unknown): void {
    const problem = { kind: "alert", message, run: this.#run.localId, ...(cause !== undefined && { cause }) } as const;
    this.#core.guard.tell(problem, what);
  }
}
