import type { KeyValue } from "../tracking/tag-rows.ts";

/** The tag that makes a registered model a prompt. */
export const promptTag = "mlflow.prompt.is_prompt";

/** True when these tags make a prompt; of equal keys the last counts. */
export function isPrompt(tags: readonly KeyValue[]): boolean {
  return tags.findLast(({ key }) => key === promptTag)?.value.toLowerCase() === "true";
}

/** What MLflow's own clients send as the source of a prompt, which has none. */
export function isPromptSource(source: string): boolean {
  return source === "dummy-source" || source === "prompt-template";
}
