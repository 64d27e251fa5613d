import * as v from "valibot";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { ChunkKind } from "../queue/chunk/request.ts";
import type { Parcel } from "../queue/handover/parcel.ts";
import type { DesiredRun, ModelMapping, RunMapping } from "../queue/run-mapping.ts";

/** Version of the bytes written here; one that is not known is refused, and its sender keeps them. */
const VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.exactOptional(v.string());
const tags = v.record(v.string(), v.nullable(v.string()));

// What these types get later does not compile until it is here as well: else it would be lost on the way.
const kinds: Record<ChunkKind, true> = {
  discard: true,
  metrics: true,
  create: true,
  params: true,
  tags: true,
  untag: true,
  update: true,
  model: true,
  finalize: true,
  inputs: true,
  artifact: true,
};
const model = { run: v.string(), runId: v.string(), folder: text } satisfies Record<keyof ModelMapping, unknown>;
const mapping = {
  localId: v.string(),
  runId: v.string(),
  experimentId: v.string(),
  artifactUri: text,
  name: text,
  rootId: text,
  orphanOf: text,
  model: v.exactOptional(v.object(model)),
  adopted: v.exactOptional(v.boolean()),
  at: v.exactOptional(v.object({ uri: v.string(), workspace: text })),
} satisfies Record<keyof RunMapping, unknown>;
const desired = {
  status: v.exactOptional(v.picklist(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"])),
  endTime: v.exactOptional(v.number()),
  name: text,
  tags: v.exactOptional(tags),
  orphansIn: v.exactOptional(v.array(v.string())),
  createdIn: v.exactOptional(v.array(v.string())),
} satisfies Record<Exclude<keyof DesiredRun, "undone">, unknown>;

// Members that are not named here are of a newer release, and are left out.
const headWire = v.object({
  version: v.literal(VERSION),
  from: v.pipe(v.string(), v.minLength(1)),
  destination: v.object({ uri: v.string(), workspace: text, partition: text }),
  chunks: v.array(
    v.object({
      sequence: count,
      run: v.string(),
      kind: v.picklist(Object.keys(kinds) as ChunkKind[]),
      count,
      at: v.number(),
      attempted: count,
      opens: v.exactOptional(v.boolean()),
      bytes: count,
      blob: v.exactOptional(v.object({ bytes: count, type: v.string() })),
    }),
  ),
  mappings: v.array(v.object(mapping)),
  desired: v.record(v.string(), v.object(desired)),
});

// Layout: bytes of the head u32 (little endian), the head as JSON, bodies, bodies of artifacts.

/** A parcel as bytes. */
export async function encodeParcel(parcel: Parcel): Promise<Uint8Array<ArrayBuffer>> {
  const { from, destination, mappings, desired } = parcel;
  const chunks = parcel.chunks.map(({ body, blob, sealed: _, ...chunk }) => ({
    ...chunk,
    bytes: body.length,
    ...(blob && { blob: { bytes: blob.size, type: blob.type } }),
  }));
  const head = { version: VERSION, from, destination, chunks, mappings, desired: Object.fromEntries(desired) };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const size = new DataView(new ArrayBuffer(4));
  size.setUint32(0, json.length, true);
  const bodies = parcel.chunks.map(({ body }) => body);
  const blobs = parcel.chunks.flatMap(({ blob }) => blob ?? []);
  return new Uint8Array(await new Blob([size.buffer, json, ...bodies, ...blobs]).arrayBuffer());
}

/**
 * The parcel of `encodeParcel`.
 *
 * @throws ConfigurationError for anything else, with what is wrong.
 */
export function decodeParcel(data: Uint8Array): Parcel {
  const bytes = new Uint8Array(data);
  const start = bytes.length < 4 ? bytes.length : 4 + new DataView(bytes.buffer).getUint32(0, true);
  const found = v.safeParse(headWire, parse(bytes.subarray(4, start)));
  if (!found.success) throw refused(found.issues[0].message);
  const { chunks, mappings, desired, from, destination } = found.output;
  const blobs = chunks.reduce((at, chunk) => at + chunk.bytes, start);
  const end = chunks.reduce((at, { blob }) => at + (blob?.bytes ?? 0), blobs);
  if (end !== bytes.length) throw refused(`${end} bytes were announced and ${bytes.length} came`);
  let at = { body: start, blob: blobs };
  return {
    from,
    destination,
    mappings,
    desired: new Map(Object.entries(desired)),
    chunks: chunks.map(({ bytes: length, blob, ...chunk }) => {
      const { body, blob: begin } = at;
      at = { body: body + length, blob: begin + (blob?.bytes ?? 0) };
      const content = blob && { blob: new Blob([bytes.slice(begin, at.blob)], { type: blob.type }) };
      return { ...chunk, sealed: true, body: bytes.slice(body, at.body), ...content };
    }),
  };
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    return undefined;
  }
}

function refused(why: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot take up undelivered data as it must be as "onUndelivered" gave it, of this release of tracklet or an earlier one: ${why}`,
  );
}
