/** What the tag of a rule begins with; its id follows. */
export const RULE_TAG = "mlflow.tracklet.alertRule.";

/** True when a run has alert rules. */
export function hasRules(tags: Readonly<Record<string, string>>): boolean {
  return Object.keys(tags).some((key) => key.startsWith(RULE_TAG));
}
