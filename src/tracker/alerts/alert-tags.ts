import type { Alert, AlertRule } from "../types/alerts.ts";
import { checkRule } from "./check-rule.ts";
import type { CheckedRule } from "./checked-rule.ts";
import { RULE_TAG } from "./has-rules.ts";

const ALERTS = "mlflow.tracklet.alert.";
/** Says `webhook` while a rule has alerts that are still to be posted; the rule's id follows. */
export const OWED_TAG = "mlflow.tracklet.alertOwed.";
/** Alerts of a rule that its tag lists, unless more are still to be posted. */
const LISTED = 10;
/** MLflow cuts a tag at 8,000 characters. */
const LONGEST = 7900;
/** Characters of an alert's text, as those of a rule: anybody may write tags. */
const TEXT = 500;

/** Ways out of a process that an alert takes. */
export type Way = "callback" | "webhook";

/** An alert, and which ways it has gone. */
export interface Told {
  readonly alert: Alert;
  readonly sent: Set<Way>;
}

/** A rule as a run has it in its tags. */
export interface StoredRule {
  readonly rule: CheckedRule;
  /** Values before this, in milliseconds since 1970, are none of its business. */
  readonly since: number;
  /** Ways that its alerts take. */
  readonly ways: readonly Way[];
  /** The latest, oldest first. */
  readonly told: readonly Told[];
}

/** The tag that keeps a rule; of where it is delivered to only the kind, as an address may be a secret. */
export function ruleTag(
  { id, condition, text, records, cooldown, ...to }: CheckedRule,
  since: number,
): [string, string] {
  const { kind, ...fields } = condition;
  const shapes: Record<typeof kind, (given: Record<string, unknown>) => object> = {
    threshold: (given) => given,
    trend: ({ steps, ...rest }) => ({ ...rest, noImprovementFor: steps }),
    "not-finite": ({ metric }) => ({ metric, notFinite: true }),
    silence: ({ ms, metric }) => ({ metric, silentFor: ms }),
    queue: ({ lag }) => ({ queueTrouble: { lag } }),
  };
  const rule = { id, ...shapes[kind](fields), text, records, cooldown };
  return [RULE_TAG + id, JSON.stringify({ since, ways: waysOf(to), rule })];
}

/** Ways that a rule's alerts take. */
function waysOf({ onAlert, webhook }: Pick<CheckedRule, "onAlert" | "webhook">): Way[] {
  return [...(onAlert ? ["callback" as const] : []), ...(webhook ? ["webhook" as const] : [])];
}

/**
 * The tag that lists what a rule has alerted, and what it lists: the latest, and what is owed before anything else. The
 * last one stays, as who resumes the run goes on from there.
 */
export function alertTag(
  rule: string,
  told: readonly Told[],
  owes: (told: Told) => boolean,
): { readonly tag: [string, string]; readonly listed: Told[] } {
  const texts = new Map<Told, string>();
  let length = 1;
  for (const one of told) {
    const text = JSON.stringify({ ...fieldsOf(one.alert), sent: [...one.sent] });
    texts.set(one, text);
    length += text.length + 1;
  }
  const before = told.slice(0, -1);
  for (const one of [...before.filter((each) => !owes(each)), ...before.filter(owes)]) {
    if (length <= LONGEST && (texts.size <= LISTED || owes(one))) break;
    length -= (texts.get(one)?.length ?? 0) + 1;
    texts.delete(one);
  }
  return { tag: [ALERTS + rule, `[${[...texts.values()].join(",")}]`], listed: [...texts.keys()] };
}

/** JSON has no word for NaN and infinities. */
function fieldsOf({ at, text, metric, step, value }: Alert): object {
  return { at, text, metric, step, value: value === undefined || Number.isFinite(value) ? value : String(value) };
}

/** The rules in a run's tags; what is none, as anybody may write tags, is left out. */
export function storedRules(run: Pick<Alert, "run" | "runName">, tags: Readonly<Record<string, string>>): StoredRule[] {
  const found: StoredRule[] = [];
  for (const [key, text] of Object.entries(tags)) {
    if (!key.startsWith(RULE_TAG)) continue;
    try {
      const { since, ways, rule } = JSON.parse(text) as { since: unknown; ways: unknown; rule: AlertRule };
      // Nobody who may set a tag may have this program post somewhere.
      const { webhook: _, onAlert: __, ...plain } = rule;
      const checked = checkRule({ ...plain, id: key.slice(RULE_TAG.length) });
      if (typeof since !== "number") continue;
      const told = readAlerts(run, checked.id, tags[ALERTS + checked.id]);
      found.push({ rule: checked, since, ways: readWays(ways), told });
    } catch {
      // No rule.
    }
  }
  return found;
}

function readWays(list: unknown): Way[] {
  return Array.isArray(list) ? list.filter((way) => way === "callback" || way === "webhook") : [];
}

/** The alerts that a run's tags list for a rule. */
export function storedAlerts(
  run: Pick<Alert, "run" | "runName">,
  rule: string,
  tags: Readonly<Record<string, string>>,
): Told[] {
  try {
    return readAlerts(run, rule, tags[ALERTS + rule]);
  } catch {
    return [];
  }
}

function readAlerts(run: Pick<Alert, "run" | "runName">, rule: string, text: string | undefined): Told[] {
  const list: unknown = JSON.parse(text ?? "[]");
  if (!Array.isArray(list)) return [];
  const told = list.flatMap((entry: unknown): Told[] => {
    const { at, text: said, metric, step, value, sent } = Object(entry) as Record<string, unknown>;
    if (typeof at !== "number" || typeof said !== "string") return [];
    const seen = {
      ...(typeof metric === "string" && { metric }),
      ...(typeof step === "number" && { step }),
      ...((typeof value === "number" || typeof value === "string") && { value: Number(value) }),
    };
    return [{ alert: newAlert(run, rule, { at, text: said.slice(0, TEXT), ...seen }), sent: new Set(readWays(sent)) }];
  });
  return told.toSorted((a, b) => a.alert.at - b.alert.at);
}

/** An alert of a rule of a run. Several values may come within one millisecond: the id says which one it was, too. */
export function newAlert(
  { run, runName }: Pick<Alert, "run" | "runName">,
  rule: string,
  seen: Omit<Alert, "id" | "rule" | "run" | "runName">,
): Alert {
  const id = [run, rule, seen.at, seen.metric, seen.step].filter((part) => part !== undefined).join("/");
  return { id, rule, run, runName, ...seen };
}
