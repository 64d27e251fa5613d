import { readdirSync, readFileSync } from "node:fs";
import { parseExact } from "./exact-json.ts";

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** One HTTP request of a scenario; the format is described in `test/golden/README.md`. */
export interface Step {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly query?: { readonly [name: string]: Json };
  readonly headers?: { readonly [name: string]: Json };
  readonly json?: Json;
  readonly text?: Json;
  readonly base64?: string;
  readonly chunked?: boolean;
  /** Name to dotted path into the JSON answer. */
  readonly capture?: { readonly [name: string]: string };
  readonly record_headers?: readonly string[];
  /** List path to the members by which to sort before comparing. */
  readonly sort?: { readonly [path: string]: readonly string[] };
}

export interface Scenario {
  readonly name: string;
  readonly vars?: { readonly [name: string]: Json };
  readonly steps: readonly Step[];
}

/** An answer, normalised. */
export type Outcome = { readonly name: string } & { readonly [member: string]: Json };

const folder: URL = new URL("../", import.meta.url);

/** Scenarios whose names start with one of the numbers, in order. */
export function readScenarios(numbers: readonly string[]): Scenario[] {
  return readdirSync(new URL("scenarios/", folder))
    .filter((file) => numbers.some((number) => file.startsWith(number)))
    .sort()
    .map((file) => read(`scenarios/${file}`) as Scenario);
}

/** What MLflow of that version answered. */
export function readRecording(version: string, scenario: string): Outcome[] {
  return (read(`recordings/${version}/${scenario}.json`) as { steps: Outcome[] }).steps;
}

/** A difference that is meant to be there. */
export interface Allowed {
  /** `scenario / step`. */
  readonly step: string;
  /** Begins with a heading of docs/differences.md. */
  readonly reason: string;
}

export function readAllowed(): Allowed[] {
  return read("allowed.json") as Allowed[];
}

function read(path: string): unknown {
  return parseExact(readFileSync(new URL(path, folder), "utf8"));
}
