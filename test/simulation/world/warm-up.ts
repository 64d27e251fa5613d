let warm: Promise<unknown> | undefined;

/** Loads what the queue loads late, since a first import takes real time. */
export function warmUp(): Promise<unknown> {
  warm ??= Promise.all([
    import("../../../src/queue/drain/loaded-late.ts"),
    import("../../../src/queue/models/late-models.ts"),
  ]);
  return warm;
}
