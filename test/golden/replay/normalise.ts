import type { Variables } from "./expand.ts";
import type { Answer } from "./send.ts";
import type { Json, Outcome, Step } from "./scenario.ts";
import { clip } from "./clip.ts";
import { Normaliser } from "./normaliser.ts";

type JsonObject = { [member: string]: Json };

/** An answer in the form of the recordings, by the rules of `test/golden/README.md`. */
export function normalise(step: Step, answer: Answer, variables: Variables, now: number): Outcome {
  const normal = new Normaliser(variables, now);
  const type = answer.headers.get("content-type") ?? "";
  const outcome: JsonObject = { name: step.name, status: answer.status, content_type: type };
  if (step.record_headers !== undefined) outcome["headers"] = headersOf(step.record_headers, answer, normal);
  if (type.startsWith("application/json") && answer.text !== "") {
    if (answer.json === undefined) outcome["text"] = normal.text(answer.text);
    else outcome["json"] = sorted(normal.value(answer.json), step.sort ?? {});
  } else if (type.startsWith("text/html")) {
    outcome["html_title"] = /<title>(.*?)<\/title>/su.exec(answer.text)?.[1]?.trim() ?? null;
  } else if (answer.isText) {
    const start = normal.text(answer.text.slice(0, 60));
    outcome["text"] = answer.text.length < 4000 ? normal.text(answer.text) : { length: answer.text.length, start };
  } else {
    outcome["base64"] = answer.bytes.byteLength < 2000 ? toBase64(answer.bytes) : { length: answer.bytes.byteLength };
  }
  for (const member in outcome) if (member !== "name") outcome[member] = clip(outcome[member] as Json);
  return outcome as Outcome;
}

function headersOf(names: readonly string[], answer: Answer, normal: Normaliser): JsonObject {
  const headers: JsonObject = {};
  for (const name of names) {
    const value = answer.headers.get(name);
    headers[name] = value === null ? null : normal.text(value);
    if (name === "allow" && value !== null) headers[name] = value.split(", ").sort().join(", ");
  }
  const length = headers["content-length"];
  if (answer.status >= 400 && length !== null && length !== undefined && length !== "0")
    headers["content-length"] = "<length>";
  return headers;
}

function sorted(value: Json, orders: { readonly [path: string]: readonly string[] }): Json {
  for (const [path, keys] of Object.entries(orders)) {
    const list = path.split(".").reduce<Json | undefined>((at, part) => (at as JsonObject | undefined)?.[part], value);
    const rank = (item: Json): string => JSON.stringify(keys.map((key) => String((item as JsonObject)[key])));
    if (Array.isArray(list)) list.sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
  }
  return value;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
