import type { RunRequest } from "../types/control.ts";

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
    if (request !== undefined && readAnswer(tags[answerKey(name)])?.request !== text)
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

/** An answer as text. */
export function writeAnswer(request: string, at: number, by: string | undefined): string {
  return JSON.stringify({ at, ...(by !== undefined && { by }), request });
}

/** What a run answered, and to which text. */
export function readAnswer(text: string | undefined): { at: number; by?: string; request: string } | undefined {
  const { at, by, request } = fieldsOf(text ?? "");
  if (typeof at !== "number" || typeof request !== "string") return undefined;
  return { at, ...(typeof by === "string" && { by }), request };
}
