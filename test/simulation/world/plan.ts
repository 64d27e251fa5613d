import type { FaultName } from "./faults.ts";
import type { Manner } from "./sharing.ts";
import type { World } from "./world.ts";

/** What can befall a process at an operation of the disk. */
export const PLANS = ["disk fails before", "disk fails after", "crash", "stop", "lock lost", "clock jumps"] as const;

/** The one thing that goes wrong: a fault of the network at a request, or something else at an operation of the disk. */
export interface Plan {
  readonly name: FaultName | (typeof PLANS)[number] | "nothing";
  /** Number of the request, or of the operation, from 1 on. */
  readonly at: number;
  /** How two processes share the disk; alone: there is only one. @default "alone" */
  readonly manner?: Manner | "alone";
}

/** Has happen what is planned for the operation that begins. */
export function befall(world: World, { name, at }: Plan): void {
  const { disk, timeline, network } = world;
  const process = disk.leader?.alive ? disk.leader : world.live[0];
  // Then it is only found out what came of it.
  if (!process || network.calm) return;
  switch (name) {
    case "disk fails before":
    case "disk fails after":
      disk.faults = [{ from: at, count: 1, after: name === "disk fails after", puts: false }];
      return;
    case "crash":
      timeline.after(0, () => process.crash());
      return;
    case "stop":
      process.stall();
      timeline.after(90_000, () => process.proceed());
      return;
    case "lock lost":
      world.sharing.take();
      return;
    case "clock jumps":
      process.clock.offset += 3_600_000;
  }
}
