import { ConfigurationError } from "../errors/usage-errors.ts";
import type { DeliveryOptions } from "../queue/types.ts";
import { checkOptions, type OptionRules } from "../tracker/check-options.ts";
import { checkGiven, trackerWith } from "./check-given.ts";
import { checkVariables } from "./environment/variables.ts";
import type { RecorderOptions, RecorderSettings } from "./types.ts";

/** The four settings in the words of delivery. */
const settings = {
  batchSize: "batchSize",
  batchProcessingInterval: "flushInterval",
  registerBatchTimeout: "requestTimeout",
  syncDataTimeout: "exitTimeout",
} as const satisfies Partial<Record<keyof RecorderOptions, keyof DeliveryOptions>>;

const text = (value: unknown): string | false => (typeof value !== "string" || value === "") && "a text";

/** A list would become the names 0, 1 and so on. */
const byName = (value: unknown): string | false =>
  (typeof value !== "object" || value === null || Array.isArray(value)) && "an object with a value for each name";

const environment: OptionRules = {
  directory: (value) => !(value instanceof URL) && text(value),
  variables: (value) => !isTexts(value) && "a list of names",
  command: (value) => !isTexts(value) && "a program and its arguments",
  runtime: (value) => !isTexts(Object.values(Object(value))) && "{ name, version }",
};

const rules: OptionRules = {
  tracker: trackerWith("startRun"),
  name: text,
  project: text,
  notes: "string",
  dataset: (value) =>
    (value === null || typeof value !== "object") && text(value) && "a text or a dataset such as { name }",
  modelClass: text,
  hyperParameters: byName,
  metadata: byName,
  environment: (value) => value !== false && typeof value !== "object" && "false or an object",
  mode: ["ONLINE", "OFFLINE"],
  batchSize: [1, 1000],
  batchProcessingInterval: [0],
  registerBatchTimeout: [1],
  syncDataTimeout: [0],
};

/** @throws ConfigurationError for options that cannot work */
export function checkRecorderOptions(options: RecorderOptions): void {
  const needed = { tracker: "a tracker, or what opens one such as openTracker", name: "a text" };
  checkGiven(options, rules, needed, '{ tracker: openTracker, name: "walk 8" }');
  const { tracker } = options;
  if (options.environment) {
    checkOptions(options.environment, environment, "environment.");
    checkVariables(options.environment.variables ?? []);
  }
  if (typeof tracker === "function") return;
  const given = Object.keys(settings).find((option) => options[option as keyof RecorderOptions] !== undefined);
  if (given === undefined) return;
  throw new ConfigurationError(
    `Cannot use the option ${given} as the tracker is open and has its own settings: give what opens it, such as tracker: openTracker`,
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/** What a tracker is opened with. */
export function trackerSettings(options: RecorderOptions): RecorderSettings {
  const delivery = Object.entries(settings)
    .map(([option, name]) => [name, options[option as keyof RecorderOptions]] as const)
    .filter(([, value]) => value !== undefined);
  return {
    ...(options.project !== undefined && { experiment: options.project }),
    ...(delivery.length > 0 && { delivery: Object.fromEntries(delivery) as DeliveryOptions }),
  };
}
