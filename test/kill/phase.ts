/** Where in the life of a chunk a process was killed. */
export const phases = {
  a: "in the append",
  b: "persisted and not sent",
  c: "request on its way, not answered",
  d: "committed on the server, not deleted in the queue",
  e: "uploading an artifact",
  idle: "nothing waited",
} as const;

export type Phase = keyof typeof phases;

/** Kills by phase. */
export type Hits = Record<Phase, number>;

export function noHits(): Hits {
  return { a: 0, b: 0, c: 0, d: 0, e: 0, idle: 0 };
}
