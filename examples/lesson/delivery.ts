import type { Tracker } from "tracklet";
import type { Run } from "tracklet";
import { thousands } from "./screen.ts";
import type { Tried } from "./sweep.ts";

/** What became of everything that was logged. */
export interface Delivery {
  readonly text: string;
  /** True when all of it was delivered, and what was read back is what was logged. */
  readonly whole: boolean;
}

/** Asks the store for what was logged: every count by receipt, every value of every epoch one by one. */
export async function checkDelivery(tracker: Tracker, sweep: Run, tried: readonly Tried[]): Promise<Delivery> {
  const { pending, parked, quarantined, dropped } = await tracker.flush();
  const receipts = await Promise.all(
    [sweep, ...tried.map(({ run }) => run)].map((run) => run.receipt({ verify: true })),
  );
  const lines = receipts.flatMap((receipt) => receipt.lines);
  const sum = (kind: "metric" | "artifact", field: "logged" | "acknowledged"): number =>
    lines.filter((line) => line.kind === kind).reduce((total, line) => total + line[field], 0);
  const equal = receipts.every(({ verified }) => verified === true) && (await areEqual(tracker, tried));
  const waiting = pending.points + pending.requests;
  const refused = [parked, quarantined, dropped].reduce((total, { points, requests }) => total + points + requests, 0);
  const text = [
    `delivered ${thousands(sum("metric", "acknowledged"))} of ${thousands(sum("metric", "logged"))} points`,
    ` and ${sum("artifact", "acknowledged")} of ${sum("artifact", "logged")} files`,
    `; read back: ${equal ? "equal" : "NOT equal"}; waiting ${waiting}; refused ${refused}`,
  ].join("");
  return { text, whole: equal && waiting === 0 && refused === 0 };
}

async function areEqual(tracker: Tracker, tried: readonly Tried[]): Promise<boolean> {
  const checks = tried.map(async ({ run, epochs }) => {
    for (const key of ["loss", "acc", "val_loss", "val_acc", "lr"] as const) {
      const history = await tracker.getMetricHistory(run.localId, key);
      const stored = history.toSorted((a, b) => a.step - b.step);
      const same = (value: number, index: number): boolean =>
        stored[index]?.step === index && stored[index].value === value;
      if (stored.length !== epochs.length || !epochs.map((epoch) => epoch[key]).every(same)) return false;
    }
    return true;
  });
  return (await Promise.all(checks)).every(Boolean);
}
