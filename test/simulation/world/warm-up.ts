let warm: Promise<unknown> | undefined;

/** Loads what the queue loads late, since a first import takes real time. */
export function warmUp(): Promise<unknown> {
  warm ??= Promise.all([
    import("../../../src/queue/put.ts"),
    import("../../../src/queue/sync-engine.ts"),
    import("../../../src/queue/mend.ts"),
    import("../../../src/queue/storage/memory-store.ts"),
  ]);
  return warm;
}
