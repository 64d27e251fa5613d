import type { AlertOperator, AlertRuleOptions } from "../types/alerts.ts";

/** Where alerts are posted to, checked. */
export interface CheckedWebhook {
  readonly url: URL;
  readonly form: "json" | "slack";
  readonly secret: string | undefined;
}

/** What a rule waits for. */
export type Condition =
  | { readonly kind: "threshold"; readonly metric: string; readonly operator: AlertOperator; readonly value: number }
  | {
      readonly kind: "trend";
      readonly metric: string;
      readonly steps: number;
      readonly goal: "min" | "max";
      readonly minDelta: number;
    }
  | { readonly kind: "not-finite"; readonly metric: string | undefined }
  | { readonly kind: "silence"; readonly metric: string | undefined; readonly ms: number }
  | { readonly kind: "queue"; readonly lag: number };

/** A rule that can be judged. */
export interface CheckedRule {
  readonly id: string;
  readonly condition: Condition;
  readonly text: string;
  readonly records: number;
  readonly cooldown: number;
  readonly onAlert: AlertRuleOptions["onAlert"];
  readonly webhook: CheckedWebhook | undefined;
}

/** The metric that a condition is about; undefined for any. */
export function metricOf(condition: Condition): string | undefined {
  return "metric" in condition ? condition.metric : undefined;
}
