import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { differences, loosened } from "./compare.ts";
import { Unresolved } from "./expand.ts";
import { normalise } from "./normalise.ts";
import type { Json, Outcome, Scenario, Step } from "./scenario.ts";
import { type Answer, send } from "./send.ts";

/** Plays a scenario against a server; one outcome per step, in order. */
export async function replay(fetch: Fetch, scenario: Scenario): Promise<Outcome[]> {
  const random = crypto.getRandomValues(new Uint8Array(5));
  const uniq = `u${[...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const variables: { [name: string]: Json } = { uniq, ...scenario.vars };
  const outcomes: Outcome[] = [];
  for (const step of scenario.steps) {
    try {
      const answer = await send(fetch, step, variables);
      capture(step, answer, variables);
      outcomes.push(normalise(step, answer, variables, Date.now()));
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      outcomes.push({ name: step.name, skipped: error.message });
    }
  }
  return outcomes;
}

function capture(step: Step, answer: Answer, variables: { [name: string]: Json }): void {
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  for (const [name, path] of Object.entries(step.capture ?? {})) {
    const value = isJson ? path.split(".").reduce(dig, answer.json) : undefined;
    if (value === undefined) delete variables[name];
    else variables[name] = value;
  }
}

function dig(value: Json | undefined, part: string): Json | undefined {
  return typeof value === "object" && value !== null ? (value as { [member: string]: Json })[part] : undefined;
}

/** Compares outcomes with a recording, with the words of error answers left aside: differences by `scenario / step`. */
export function compareWithRecording(
  scenario: string,
  want: readonly Outcome[],
  got: readonly Outcome[],
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const recorded = new Map(want.map((outcome) => [outcome.name, outcome]));
  for (const outcome of got) {
    const expected = recorded.get(outcome.name);
    recorded.delete(outcome.name);
    const texts = expected === undefined ? ["not in the recording"] : compareStep(expected, outcome);
    if (texts.length > 0) found.set(`${scenario} / ${outcome.name}`, texts);
  }
  for (const name of recorded.keys()) found.set(`${scenario} / ${name}`, ["only in the recording"]);
  return found;
}

function compareStep(want: Outcome, got: Outcome): string[] {
  const expected = loosened(want);
  const actual = { ...loosened(got) };
  if (!("error_code" in expected)) delete actual["error_code"];
  return differences(expected, actual);
}
