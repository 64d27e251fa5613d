import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** The bytes of one request, taken apart. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Head with its last empty line. */
  readonly head: string;
  readonly body: Buffer;
}

/** Reads one whole request from a connection; undefined when the connection ends before. */
export function readRequest(socket: Socket): Promise<RawRequest | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const done = (request: RawRequest | undefined): void => {
      socket.off("data", read).off("close", end);
      resolve(request);
    };
    const end = (): void => done(undefined);
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const request = parse(bytes);
      if (request) done(request);
    };
    socket.on("data", read).once("close", end);
  });
}

function parse(bytes: Buffer): RawRequest | undefined {
  const at = bytes.indexOf("\r\n\r\n");
  if (at < 0) return undefined;
  const head = bytes.toString("latin1", 0, at + 4);
  const [line = "", ...lines] = head.trimEnd().split("\r\n");
  const [method = "", path = ""] = line.split(" ");
  const headers = new Map(
    lines.map((text) => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()] as const;
    }),
  );
  const body = bytes.subarray(at + 4);
  const whole = /chunked/i.test(headers.get("transfer-encoding") ?? "")
    ? body.toString("latin1").endsWith("0\r\n\r\n")
    : body.length >= Number(headers.get("content-length") ?? 0);
  return whole ? { method, path, headers, head, body } : undefined;
}

/**
 * The bytes to send on: with `Connection: close`, since each request gets a connection of its own, so that the end of
 * an answer is the end of the connection.
 */
export function bytesOf({ head, body }: RawRequest, instead?: string): Buffer {
  const content = instead === undefined ? body : Buffer.from(instead);
  const own =
    instead === undefined ? /\r\n(?:connection|keep-alive):[^\r]*/gi : /\r\n(?:connection|content-length):[^\r]*/gi;
  const length = instead === undefined ? "" : `Content-Length: ${content.length}\r\n`;
  const kept = head.trimEnd().replace(own, "");
  return Buffer.concat([Buffer.from(`${kept}\r\nConnection: close\r\n${length}\r\n`, "latin1"), content]);
}
