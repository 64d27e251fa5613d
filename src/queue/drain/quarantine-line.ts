import type { Content } from "../chunk/content.ts";
import type { QuarantinedItem } from "./quarantine-types.ts";

/** Bytes up to which the body of an artifact is written along. */
const SMALL_BODY = 1_048_576;

/** A line of JSON that a person can read and a program can read back: what it is, the values, and the reason. */
export async function quarantineLine(
  { id: _, keys: __, at, atCall, ...item }: QuarantinedItem,
  content: Content | undefined,
  damaged?: Uint8Array,
  blob?: Blob,
): Promise<string> {
  const values = content ? await valuesOf(content, blob) : damaged && { damaged: base64(damaged) };
  const line = { ...item, runId: item.runId ?? null, logged: isoTime(at), ...(atCall && { atCall }), ...values };
  return `${JSON.stringify(line)}\n`;
}

async function valuesOf(content: Content, blob: Blob | undefined): Promise<object> {
  switch (content.kind) {
    case "metrics": {
      const { count, keys, key, value, timestamp, step } = content.columns;
      const points = Array.from({ length: count }, (_, row) => ({
        key: keys[key[row]!],
        value: jsonNumber(value[row]!),
        timestamp: timestamp[row],
        step: step[row],
      }));
      return { points };
    }
    case "params":
    case "tags":
      return { values: content.request.map(([key, value]) => ({ key, value })) };
    case "untag":
      return { key: content.request };
    case "update":
      return { change: content.request };
    case "inputs":
      return { inputs: content.request };
    case "create":
      return { create: content.request };
    case "model":
      return { model: content.request };
    case "finalize":
      return { finalize: content.request };
    case "discard":
      return { discard: content.request };
    case "artifact": {
      const file = { path: content.request, size: blob?.size ?? null, type: blob?.type ?? "" };
      if (!blob || blob.size > SMALL_BODY) return file;
      return { ...file, base64: base64(new Uint8Array(await blob.arrayBuffer())) };
    }
  }
}

/** JSON knows no NaN and no infinities: they are written as MLflow writes them. */
function jsonNumber(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);
}

/** Undefined where a clock said what is no time. */
function isoTime(time: number): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
