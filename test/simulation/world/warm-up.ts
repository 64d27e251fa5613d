let warm: Promise<unknown> | undefined;

/** Loads what the queue loads late, since a first import takes real time. */
export function warmUp(): Promise<unknown> {
  warm ??= import("../../../src/queue/drain/loaded-late.ts");
  return warm;
}
