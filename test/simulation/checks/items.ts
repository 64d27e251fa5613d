import { type Content as Decoded, decodeChunk } from "../../../src/queue/chunk/content.ts";
import type { StoredChunk } from "../../../src/queue/chunk/stored-chunk.ts";
import { pointName } from "../oracle/point-name.ts";
import { storedValue } from "../oracle/state.ts";

/** Names of things that are delivered once and stay: points, params, inputs, artifacts. */
export const item = {
  point: (key: string, step: number, timestamp: number, value: number): string =>
    pointName(key, step, timestamp, storedValue(value)),
  param: (key: string, value: string): string => `param ${key} ${value}`,
  input: (name: string, digest: string): string => `input ${name} ${digest}`,
  artifact: (path: string): string => `artifact ${path}`,
};

/** A field of a run of which the last write counts, and its value; null for a deleted tag. */
export type StateWrite = readonly [field: string, value: string | null];

/** What a stored chunk holds. */
export interface Content {
  readonly decoded: Decoded;
  readonly items: readonly string[];
  readonly state: readonly StateWrite[];
}

const known = new WeakMap<Uint8Array, Content>();

/** Decodes a chunk; each body once. */
export function contentOf(chunk: Pick<StoredChunk, "kind" | "body">): Content {
  let content = known.get(chunk.body);
  if (!content) {
    const decoded = decodeChunk(chunk);
    content = { decoded, ...namesOf(decoded) };
    known.set(chunk.body, content);
  }
  return content;
}

function namesOf(content: Decoded): Omit<Content, "decoded"> {
  switch (content.kind) {
    case "metrics": {
      const { count, keys, key, step, timestamp, value } = content.columns;
      const items: string[] = [];
      for (let row = 0; row < count; row++) {
        items.push(item.point(keys[key[row]!]!, step[row]!, timestamp[row]!, value[row]!));
      }
      return { items, state: [] };
    }
    case "params":
      return { items: content.request.map(([key, value]) => item.param(key, value)), state: [] };
    case "tags":
      return { items: [], state: content.request.map(([key, value]) => [`tag ${key}`, value] as const) };
    case "untag":
      return { items: [], state: [[`tag ${content.request}`, null]] };
    case "update": {
      const { status, name } = content.request;
      const state: StateWrite[] = [];
      if (status !== undefined) state.push(["status", status]);
      if (name !== undefined) state.push(["name", name]);
      return { items: [], state };
    }
    case "create": {
      const { tags, name } = content.request;
      const state: StateWrite[] = Object.entries(tags).map(([key, value]) => [`tag ${key}`, value] as const);
      if (name !== undefined) state.push(["name", name]);
      return { items: [], state: [...state, ["status", "RUNNING"]] };
    }
    case "model":
      return { items: [], state: [["status", "PENDING"]] };
    case "finalize":
      return { items: [], state: [["status", content.request.failed ? "FAILED" : "READY"]] };
    case "inputs":
      return { items: content.request.map(({ dataset }) => item.input(dataset.name, dataset.digest)), state: [] };
    case "discard":
      return { items: [], state: [] };
    case "artifact":
      return { items: [item.artifact(content.request)], state: [] };
  }
}
