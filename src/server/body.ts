import { refuse, refuseValue } from "./refusal.ts";
import type { RequestFields } from "./route.ts";
import { parseJson } from "./parse-json.ts";

/** Bytes of a JSON body that are read at most, unless the server's options say otherwise. */
export const defaultMaxBody: number = 32 * 1024 * 1024;

/**
 * The fields of a request: the query of a GET, else the JSON body. MLflow reads a body of a GET without a query, too.
 *
 * @throws Refusal where MLflow would go on with an empty request: an empty or malformed body, or one that is no object.
 */
export async function readFields(
  request: Request,
  url: URL,
  lists: readonly string[],
  limit: number,
): Promise<RequestFields> {
  const { method } = request;
  if (method === "GET" && url.search.length > 1) return queryFields(url.searchParams, lists);
  if (method === "GET" && request.body === null) return {};
  if (method === "HEAD") return {};
  if (method === "POST" || method === "PUT") checkContentType(request.headers.get("content-type"));
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    refuseValue(`Cannot read the body as it must not be compressed: current Content-Encoding is "${encoding}"`);
  }
  const text = await readText(request, limit);
  if (text === "" && method !== "POST" && method !== "PUT") return {};
  return bodyFields(text);
}

/** MLflow compares the media type letter by letter: `APPLICATION/JSON` is refused. */
function checkContentType(type: string | null): void {
  if (type === null || type === "") {
    refuseValue('Cannot read the body as the header "Content-Type: application/json" is missing');
  }
  if (type.split(";")[0]?.trim() !== "application/json") {
    refuseValue(`Cannot read the body as its Content-Type must be "application/json": current value is "${type}"`);
  }
}

/** Of a repeated scalar the first counts; declared lists keep all. */
function queryFields(query: URLSearchParams, lists: readonly string[]): RequestFields {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of query) {
    if (!lists.includes(name)) fields[name] ??= value;
    else if (Array.isArray(fields[name])) fields[name].push(value);
    else fields[name] = [value];
  }
  return fields;
}

/** A JSON string that holds JSON is decoded twice, as MLflow does for old clients. */
function bodyFields(text: string): RequestFields {
  if (text.trim() === "") refuseValue("Cannot read the body as it must be a JSON object: current body is empty");
  let value = parseJson(text);
  if (typeof value === "string") value = parseJson(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const kind = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
    refuseValue(`Cannot read the body as it must be a JSON object: current body is ${kind}`);
  }
  return value as RequestFields;
}

function tooLarge(limit: number): never {
  refuse(
    "BAD_REQUEST",
    `Cannot read the body as it must have at most ${limit} bytes: split the request, or raise "maxBody" of the server`,
    413,
  );
}

/** A promised length is refused before a byte is read; without one the bytes are counted. */
async function readText(request: Request, limit: number): Promise<string> {
  if (request.body === null) return "";
  const promised = request.headers.get("content-length");
  if (promised !== null) {
    if (Number(promised) > limit) tooLarge(limit);
    return request.text();
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel().catch(() => {});
      tooLarge(limit);
    }
    text += decoder.decode(value, { stream: true });
  }
}
