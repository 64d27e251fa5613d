/** Wants every one of the named results to exist: claims what is free, works a moment, commits. */
import { claim, ClaimLostError } from "../../../src/claims/index.ts";
import { isNetworkError } from "../../../src/errors/index.ts";
import { createTracker } from "../../../src/index.ts";
import type { Racer } from "../race.ts";

const { trackingUri, names, lease, timeout, first } = JSON.parse(process.argv[2] ?? "") as Racer;
const tracker = createTracker({ trackingUri, experiment: "race", onProblem: () => {} });
console.log(`up ${process.pid}`);

const open = names.map((_, n) => names[(n + first) % names.length] as string);
while (open.length > 0) {
  for (const name of [...open]) {
    try {
      // When nothing else is left, waiting is kinder to the server than asking without a pause.
      const result = await claim(tracker, name, { lease, timeout, wait: open.length > 3 ? 0 : 500 });
      if (result.state === "busy") continue;
      if (result.state === "held") {
        console.log(`held ${name}`);
        const run = result.startAttempt({ name });
        run.logMetric("work", result.generation);
        await result.commit(run).finally(() => result.release());
      }
      open.splice(open.indexOf(name), 1);
    } catch (error) {
      if (!(error instanceof ClaimLostError) && !isNetworkError(error)) throw error;
    }
  }
}
await tracker.close();
console.log("end");
