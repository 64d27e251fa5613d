import { decodeMetrics, decodeRequest } from "./chunk-codec.ts";
import type { MetricColumns } from "./columns.ts";
import { type KeyCounts, keyCounts } from "../account/key-counts.ts";
import type { Requests } from "./request.ts";
import type { StoredChunk } from "./stored-chunk.ts";

/** A decoded chunk. */
export type Content =
  | { readonly kind: "metrics"; readonly columns: MetricColumns }
  | { [K in keyof Requests]: { readonly kind: K; readonly request: Requests[K] } }[keyof Requests];

/** Decodes a chunk; throws `ChunkDamagedError` or `ChunkVersionError`. */
export function decodeChunk({ kind, body }: Pick<StoredChunk, "kind" | "body">): Content {
  if (kind === "metrics") return { kind, columns: decodeMetrics(body) };
  return { kind, request: decodeRequest(body) } as Content;
}

/** A decoded chunk; undefined when its bytes are damaged, or of a newer version. */
export function tryDecode(chunk: Pick<StoredChunk, "kind" | "body">): Content | undefined {
  try {
    return decodeChunk(chunk);
  } catch {
    return undefined;
  }
}

/** What a chunk stands for in receipts. */
export function keysOf(content: Content): KeyCounts {
  switch (content.kind) {
    case "metrics":
      return keyCounts(content.columns);
    case "params":
      return content.request.map(([key, , calls]) => ["param", key, calls] as const);
    case "tags":
      return content.request.map(([key, , calls]) => ["tag", key, calls] as const);
    case "untag":
      return [["tag", content.request, 1]];
    case "inputs":
      return content.request.map(({ dataset }) => ["input", dataset.name, 1] as const);
    case "artifact":
      return [["artifact", content.request, 1]];
    default:
      return [];
  }
}
