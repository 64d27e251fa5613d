import { cutText } from "../../client/limits.ts";
import { fnv64 } from "../../internal/fnv64.ts";
import type { RequestAnswer, RunRequest } from "../types/control.ts";

const REQUEST = "mlflow.tracklet.request.";
const ANSWER = "mlflow.tracklet.answer.";

/** A request with the tag that it came in. */
export interface TaggedRequest {
  readonly request: RunRequest;
  /** What follows the prefix: `stop`, `checkpoint`, `param.lr`. */
  readonly name: string;
  /** The tag's value, by which the answer says what it answers. */
  readonly text: string;
}

/** The tag of a request. */
export function requestKey(name: string): string {
  return REQUEST + name;
}

/** The tag of the answer to it. */
export function answerKey(name: string): string {
  return ANSWER + name;
}

/** All requests in the tags of a run that have no answer yet. */
export function openRequests(tags: Readonly<Record<string, string>>): TaggedRequest[] {
  const found: TaggedRequest[] = [];
  for (const [key, text] of Object.entries(tags)) {
    if (!key.startsWith(REQUEST)) continue;
    const name = key.slice(REQUEST.length);
    const request = parse(name, text);
    if (request !== undefined && answerTo(text, tags[answerKey(name)]) === undefined)
      found.push({ request, name, text });
  }
  return found;
}

function parse(name: string, text: string): RunRequest | undefined {
  const { by, reason, at, value } = fieldsOf(text);
  const said = {
    ...(typeof by === "string" && { by }),
    ...(typeof reason === "string" && { reason }),
    ...(typeof at === "number" && { at }),
  };
  if (name === "stop" || name === "checkpoint") return { kind: name, ...said };
  if (!name.startsWith("param.")) return undefined;
  // A person writes the plain value into the tag.
  return { kind: "param", key: name.slice("param.".length), value: typeof value === "string" ? value : text, ...said };
}

/** What a program wrote; a person may have written anything. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(text);
    return typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Of who asked, in an answer: a tag must take it whole. */
const BY_LENGTH = 500;

/** An answer as text. It names the request by a digest, as that may fill a tag by itself. */
export function writeAnswer(request: string, at: number, by: string | undefined): string {
  return JSON.stringify({ at, ...(by !== undefined && { by: cutText(by, BY_LENGTH) }), digest: fnv64(request) });
}

/** What a run answered to the very text of a request; undefined when it did not, or answered another. */
export function answerTo(request: string, answer: string | undefined): RequestAnswer | undefined {
  // An earlier version answered with the whole text.
  const { at, by, digest, request: whole } = fieldsOf(answer ?? "");
  if (typeof at !== "number" || (whole !== request && digest !== fnv64(request))) return undefined;
  return { at, ...(typeof by === "string" && { by }) };
}
