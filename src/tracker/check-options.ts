import { ConfigurationError } from "../errors/usage-errors.ts";
import { textOf } from "./entries.ts";

/**
 * What an option may be: of that `typeof`; a number from the first (to the second); one of the texts; an object with
 * those options; or that of which the function says nothing, and else what it must be.
 */
export type OptionRule =
  | string
  | readonly (string | number)[]
  | OptionRules
  | ((value: unknown) => string | false | undefined);

/** The options that there are. */
export interface OptionRules {
  readonly [name: string]: OptionRule;
}

const callable =
  (method: string): OptionRule =>
  (value) =>
    typeof value !== "function" && !has(value, method) && `a function or an object with a method ${method}`;

/** The options of `createTracker`. */
export const trackerRules: OptionRules = {
  trackingUri: "string",
  fetch: callable("fetch"),
  auth(value) {
    if (typeof value === "function") return;
    const { username, password, token, ...rest } =
      typeof value === "object" ? ((value ?? {}) as Record<string, unknown>) : {};
    checkOptions(rest, {}, "auth.", "username, password, token");
    const texts = token === undefined ? [username, password] : [token];
    return texts.some((text) => typeof text !== "string") && "{ username, password }, { token } or a function";
  },
  workspace: "string",
  user: "string",
  tags: "object",
  experiment: "string",
  queue: (value) => !has(value, "open") && "a queue such as memoryQueue() or sqliteQueue()",
  partition: "string",
  delivery: {
    mode: ["auto", "manual"],
    batchSize: [1, 1000],
    flushInterval: [0],
    maxMemoryBytes: [1],
    maxStoredBytes: [1],
    whenFull: ["decimate", "drop-oldest-metrics", "block"],
    readBack: ["auto", "always", "never"],
    requestTimeout: [1],
    concurrency: [1, 6],
    exitTimeout: [0],
  },
  waitUntil: callable("waitUntil"),
  strict: "boolean",
  paramConflict: ["report", "tag", "version"],
  controlInterval: [100],
  onProblem: "function",
  runtime: "object",
};

/** How long a call waits, and for what. */
export const waitRules: OptionRules = { timeout: [0], signal: () => undefined };
export const until: OptionRule = ["durable", "delivered"];

/** Rules of options whose values are checked where they are used: only their names are. */
export function namesOnly(names: string): OptionRules {
  return Object.fromEntries(names.split(" ").map((name) => [name, () => undefined]));
}

/** Checks the whole of what a function was given as its options. @throws ConfigurationError with the cure */
export function checkAllOptions(given: unknown, rules: OptionRules): void {
  if (typeof given !== "object" || given === null) {
    const cure = 'an object such as { trackingUri: "http://localhost:5000" }';
    throw new ConfigurationError(
      `Cannot use the options as they must be ${cure}: current value is ${given === null ? "null" : typeof given}`,
    );
  }
  checkOptions(given, rules);
}

/** Checks what is given at once: a wrong option would lose data much later. @throws ConfigurationError with the cure */
export function checkOptions(
  given: object,
  rules: OptionRules,
  path = "",
  names: string = Object.keys(rules).join(", "),
): void {
  for (const [name, value] of Object.entries(given)) {
    const option = path + name;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const low = name.toLowerCase();
      const near = names.split(", ").find((one) => low.includes(one.toLowerCase()) || one.toLowerCase().includes(low));
      throw new ConfigurationError(`Cannot use the unknown option ${option}: use ${near ?? names}`);
    }
    if (value === undefined) continue;
    const must = mustBe(value, rule, option);
    if (must) {
      // What was meant as a password must not stand in a message.
      const shown = name === "auth" ? typeof value : typeof value === "string" ? JSON.stringify(value) : textOf(value);
      throw new ConfigurationError(`Cannot use the option ${option} as it must be ${must}: current value is ${shown}`);
    }
  }
}

function mustBe(value: unknown, rule: OptionRule, option: string): string | false | undefined {
  if (typeof rule === "function") return rule(value);
  if (Array.isArray(rule)) {
    const [least, most = Number.POSITIVE_INFINITY] = rule;
    if (typeof least === "string") return !rule.includes(value) && rule.map((one) => `"${one}"`).join(" or ");
    const within = typeof value === "number" && value >= least && value <= most;
    return !within && `a number from ${least}${most < 1 / 0 ? ` to ${most}` : ""}`;
  }
  const type = typeof rule === "string" ? rule : "object";
  if (value === null || typeof value !== type) return `a${type === "object" ? "n" : ""} ${type}`;
  if (typeof rule === "object") checkOptions(value as object, rule as OptionRules, `${option}.`);
}

function has(value: unknown, method: string): boolean {
  return typeof Object(value)[method] === "function";
}
