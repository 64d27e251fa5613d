import { benchBacklog, benchLongBacklog } from "./backlog.ts";
import { benchDrain } from "./drain.ts";
import { benchFootprint } from "./footprint.ts";
import { benchFlood } from "./flood.ts";
import { benchLargeArtifact } from "./large-artifact.ts";
import { benchLogCall } from "./log-call.ts";
import { benchPageQueue } from "./page-queue.ts";
import { benchServerPoints } from "./server-points.ts";
import { benchRunTable } from "./run-table.ts";
import { machine } from "./support/print.ts";

const benches: Record<string, () => Promise<void>> = {
  "log-call": benchLogCall,
  "server-points": benchServerPoints,
  drain: benchDrain,
  footprint: benchFootprint,
  backlog: benchBacklog,
  "long-backlog": benchLongBacklog,
  flood: benchFlood,
  "page-queue": benchPageQueue,
  "run-table": benchRunTable,
  "large-artifact": benchLargeArtifact,
};

/** Take minutes: only when they are named. */
const long = ["flood", "large-artifact", "long-backlog"];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(
    `Cannot run "${unknown.join(" ")}" as there is no such bench: there are ${Object.keys(benches).join(", ")}`,
  );
  process.exitCode = 1;
} else {
  console.log(`${machine()}; medians of rounds run in turn; "speed" is against the first line of its table`);
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length === 0 ? !long.includes(name) : wanted.includes(name)) await bench();
  }
}
