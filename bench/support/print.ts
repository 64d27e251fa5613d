import { cpus } from "node:os";
import type { RaceResult } from "./race.ts";

/** The machine, for people who compare figures. */
export function machine(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}`;
}

/** Prints one race: time per unit and the ratio to the first contestant. */
export function printRace(title: string, results: readonly RaceResult[], units: number, unit: string): void {
  console.log(`\n${title}`);
  const width = Math.max(...results.map((result) => result.name.length));
  for (const result of results) {
    const each = (result.median * 1e6) / units;
    const time = each < 10_000 ? `${each.toFixed(0)} ns` : `${(each / 1000).toFixed(1)} us`;
    const rate = Math.round((units * 1000) / result.median).toLocaleString("en-US");
    console.log(
      `  ${result.name.padEnd(width)}  ${time.padStart(9)} a ${unit}  ${rate.padStart(12)} ${unit}s/s  speed x ${result.speed.toPrecision(3)}` +
        `  (rounds ${result.least.toFixed(1)} to ${result.most.toFixed(1)} ms)`,
    );
  }
}
