import { ValidationError } from "../../errors/usage-errors.ts";
import { textOf } from "../entries.ts";
import { keyFault } from "../key.ts";
import type { AlertOperator, AlertRule } from "../types/alerts.ts";
import type { CheckedRule, CheckedWebhook, Condition } from "./checked-rule.ts";

const words: Readonly<Record<AlertOperator, string>> = {
  ">": "above",
  ">=": "at least",
  "<": "below",
  "<=": "at most",
  "==": "equal to",
  "!=": "not equal to",
};

const common = ["id", "text", "records", "cooldown", "onAlert", "webhook"];
const own: Readonly<Record<string, readonly string[]>> = {
  operator: ["metric", "operator", "value"],
  noImprovementFor: ["metric", "noImprovementFor", "goal", "minDelta"],
  notFinite: ["metric", "notFinite"],
  silentFor: ["metric", "silentFor"],
  queueTrouble: ["queueTrouble"],
};

/** A rule with its defaults. @throws ValidationError with the cure for one that cannot work */
export function checkRule(rule: AlertRule): CheckedRule {
  if (typeof rule !== "object" || rule === null) {
    throw wrong("the rule", 'be an object such as { metric: "loss", operator: ">", value: 2 }', rule);
  }
  const given: Record<string, unknown> = { ...rule };
  const condition = conditionOf(given);
  const said = describe(condition);
  const { text = said, records = 1, cooldown = 60_000, onAlert } = given;
  const id = given["id"] ?? said.replace(/[^\p{L}\p{N}_/.\-: ]/gu, "_").slice(0, 180);
  if (typeof id !== "string" || id === "" || id.length > 180) throw wrong("id", "be a text of 1 to 180 characters", id);
  const fault = keyFault(`rule.${id}`);
  if (fault !== undefined)
    throw new ValidationError(`Cannot use the alert rule as its id is the end of a tag: ${fault}`);
  if (typeof text !== "string" || text === "" || text.length > 500) {
    throw wrong("text", "be a text of 1 to 500 characters", text);
  }
  if (!isCount(records)) throw wrong("records", "be an integer from 1", records);
  if (!isFrom(cooldown, 0)) throw wrong("cooldown", "be milliseconds from 0", cooldown);
  if (onAlert !== undefined && typeof onAlert !== "function") throw wrong("onAlert", "be a function", onAlert);
  return {
    id,
    condition,
    text,
    records: condition.kind === "silence" || condition.kind === "queue" ? 1 : records,
    cooldown,
    onAlert: rule.onAlert,
    webhook: rule.webhook === undefined ? undefined : webhookOf(rule.webhook),
  };
}

function conditionOf(given: Record<string, unknown>): Condition {
  const kinds = Object.keys(own).filter((name) => given[name] !== undefined);
  const kind = kinds[0];
  if (kind === undefined || kinds.length > 1) {
    throw wrong("the rule", `have one of ${Object.keys(own).join(", ")}`, kinds.join(" and ") || "none of them");
  }
  const names = [...(own[kind] ?? []), ...common];
  const unknown = Object.keys(given).find((name) => !names.includes(name) && given[name] !== undefined);
  if (unknown !== undefined) throw wrong(`the option "${unknown}"`, `be one of ${names.join(", ")}`, given[unknown]);
  const { metric, operator, value, noImprovementFor, goal = "min", minDelta = 0, silentFor, queueTrouble } = given;
  if (metric !== undefined || kind === "operator" || kind === "noImprovementFor") {
    const fault = keyFault(metric);
    if (fault !== undefined) throw new ValidationError(`Cannot use the alert rule as of its metric ${fault}`);
  }
  switch (kind) {
    case "operator":
      if (typeof operator !== "string" || !Object.hasOwn(words, operator)) {
        const cure = operator === "=" || operator === "===" ? '; use "=="' : operator === "<>" ? '; use "!="' : "";
        throw wrong("operator", `be one of ${Object.keys(words).join(" ")}`, operator, cure);
      }
      if (!Number.isFinite(value))
        throw wrong("value", "be a finite number", value, "; for NaN use { notFinite: true }");
      return {
        kind: "threshold",
        metric: metric as string,
        operator: operator as AlertOperator,
        value: value as number,
      };
    case "noImprovementFor":
      if (!isCount(noImprovementFor)) throw wrong(kind, "be a number of steps, an integer from 1", noImprovementFor);
      if (goal !== "min" && goal !== "max") throw wrong("goal", 'be "min" or "max"', goal);
      if (!isFrom(minDelta, 0)) throw wrong("minDelta", "be a number from 0", minDelta);
      return { kind: "trend", metric: metric as string, steps: noImprovementFor, goal, minDelta };
    case "notFinite":
      if (given["notFinite"] !== true) throw wrong(kind, "be true", given["notFinite"]);
      return { kind: "not-finite", metric: metric as string | undefined };
    case "silentFor":
      if (!isFrom(silentFor, 100)) throw wrong(kind, "be milliseconds from 100", silentFor);
      return { kind: "silence", metric: metric as string | undefined, ms: silentFor };
    default: {
      const lag = queueTrouble === true ? 60_000 : (Object(queueTrouble) as { lag?: unknown }).lag;
      if (!isFrom(lag, 1000)) throw wrong("queueTrouble", "be true or { lag: milliseconds from 1000 }", queueTrouble);
      return { kind: "queue", lag };
    }
  }
}

/** What a condition waits for, in words. */
function describe(condition: Condition): string {
  switch (condition.kind) {
    case "threshold":
      return `${condition.metric} ${words[condition.operator]} ${condition.value}`;
    case "trend":
      return `${condition.metric} no better for ${condition.steps} steps`;
    case "not-finite":
      return `${condition.metric ?? "any metric"} not finite`;
    case "silence":
      return `${condition.metric ?? "everything"} silent for ${condition.ms} ms`;
    default:
      return "queue in trouble";
  }
}

function webhookOf(given: NonNullable<AlertRule["webhook"]>): CheckedWebhook {
  const webhook = typeof given === "string" || given instanceof URL ? { url: given } : given;
  const { form = "json", secret } = Object(webhook) as { form?: "json"; secret?: string };
  const url = URL.parse(textOf(Object(webhook).url));
  // What is wrong with an address may be its secret part: it is not shown.
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ValidationError(
      'Cannot use the alert rule as webhook must be an address with http: or https:, such as "https://hooks.slack.com/services/...": it is another text',
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ValidationError("Cannot use the alert rule as its webhook must have no user or password: use secret");
  }
  if (form !== "json" && form !== "slack") throw wrong("webhook.form", 'be "json" or "slack"', form);
  if (secret !== undefined && (typeof secret !== "string" || secret === "")) {
    throw new ValidationError(`Cannot use the alert rule as webhook.secret must be a text: it is a ${typeof secret}`);
  }
  return { url, form, secret };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isFrom(value: unknown, least: number): value is number {
  return typeof value === "number" && value >= least && value < Number.POSITIVE_INFINITY;
}

function wrong(what: string, must: string, value: unknown, cure = ""): ValidationError {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : textOf(value);
  return new ValidationError(`Cannot use the alert rule as ${what} must ${must}: current value is ${shown}${cure}`);
}
