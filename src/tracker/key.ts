import { keyProblem } from "../client/limits.ts";

/** Why MLflow would refuse a key of a metric, parameter or tag, with one that it takes; undefined when it is legal. */
export function keyFault(key: unknown): string | undefined {
  if (typeof key !== "string") return `the key must be a text: current value is ${String(key)}`;
  const problem = keyProblem(key);
  if (problem === undefined) return undefined;
  const parts = key.replace(/[^\p{L}\p{N}_/.\-: ]/gu, "_").split("/");
  const cure = [...parts.filter((part) => !/^\.{0,2}$/.test(part)).join("/")].slice(0, 250).join("");
  return `the key must ${problem}; use ${quote(cure || "_")}`;
}

/** A text as it stands in messages: quoted, one line, shortened. */
export function quote(text: string): string {
  return JSON.stringify((text.length > 80 ? `${text.slice(0, 79)}…` : text).toWellFormed());
}
