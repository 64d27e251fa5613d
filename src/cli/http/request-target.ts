import { Buffer } from "node:buffer";

/**
 * The address of a request as a URL that keeps what the client sent. A URL parser would resolve `..`, turn `\` into
 * `/` and cut at `#`; the handler must see them in order to refuse them. Dot segments therefore go on escaped once
 * more, as `%252e%252e`: MLflow's server decodes paths repeatedly and meets the same `..`.
 *
 * @param target What stands in the request line, in Node's one byte per character.
 * @param host The Host header; a value that is none is replaced, so that it cannot change the path.
 */
export function requestUrl(target: string, host: string | undefined): string {
  const authority =
    host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}/`) ? host : "localhost";
  const absolute = /^https?:\/\/[^/?#]*(.*)$/is.exec(target);
  const [path = "", query] = splitOnce(absolute?.[1] ?? target, "?");
  const segments = path.split("/").map((segment) => (dots.test(segment) ? escapeDots(segment) : escapeBytes(segment)));
  const start = segments[0] === "" && segments.length > 1 ? "" : "/";
  return `http://${authority}${start}${segments.join("/")}${query === undefined ? "" : `?${escapeBytes(query)}`}`;
}

/** What a URL parser takes for `.` or `..`. */
const dots = /^(?:\.|%2e){1,2}$/i;

function escapeDots(segment: string): string {
  return segment.replace(/\.|%2e/gi, "%252e");
}

/** Bytes beyond ASCII, and the characters that a URL parser would read as something else. */
function escapeBytes(text: string): string {
  if (!/[^!-~]|[\\#]/.test(text)) return text;
  let escaped = "";
  for (const byte of Buffer.from(text, "latin1")) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x23;
    escaped += plain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
  }
  return escaped;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
