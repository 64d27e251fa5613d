import { show } from "../fields.ts";
import { refuseValue } from "../refusal.ts";

const stages = ["None", "Staging", "Production", "Archived"] as const;

/** What a deleted version is kept as: its number is never given again. */
export const deletedStage = "Deleted_Internal";

/** The stage that a word means, in any case. */
export function stageOf(word: string): string {
  const stage = stages.find((one) => one.toLowerCase() === word.toLowerCase());
  return stage ?? refuseValue(`Invalid Model Version stage: ${show(word)}. Value must be one of ${stages.join(", ")}`);
}

/** True for the stages in which a version can take the place of others. */
export function isActiveStage(stage: string): boolean {
  return stage === "Staging" || stage === "Production";
}
