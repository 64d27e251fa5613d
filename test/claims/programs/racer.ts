/** Wants every one of the named results to exist: claims what is free, works a moment, commits. */
import { claim, ClaimLostError } from "../../../src/claims/index.ts";
import { isNetworkError } from "../../../src/errors/index.ts";
import { createTracker } from "../../../src/index.ts";
import type { Racer } from "../race.ts";

const { trackingUri, names, lease, timeout, first, lost, ...racer } = JSON.parse(process.argv[2] ?? "") as Racer;
let { holds } = racer;
let writes = 0;
const tracker = createTracker({ trackingUri, experiment: "race", fetch: unreliable, onProblem: () => {} });
console.log(`up ${process.pid}`);

const open = names.map((_, n) => names[(n + first) % names.length] as string);
while (open.length > 0) {
  for (const name of [...open]) {
    try {
      // When nothing else is left, waiting is kinder to the server than asking without a pause.
      const result = await claim(tracker, name, { lease, timeout, wait: open.length > 3 ? 0 : 500 });
      if (result.state === "busy") continue;
      if (result.state === "held") {
        const isHeld = holds;
        holds = false;
        console.log(`held ${name}`);
        if (isHeld) {
          // Its timers keep no process alive.
          const rest = setInterval(() => {}, 60_000);
          await new Promise((resolve) => result.signal.addEventListener("abort", resolve));
          clearInterval(rest);
          console.log("lost");
        }
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

/** A network that does what is asked and then, now and then, loses the answer. */
async function unreliable(request: Request): Promise<Response> {
  const reply = await fetch(request);
  if (lost === 0 || !/log-parameter|log-batch|-tag$/.test(new URL(request.url).pathname)) return reply;
  if (++writes % lost !== 0) return reply;
  await reply.arrayBuffer();
  throw new TypeError("the answer is lost");
}
