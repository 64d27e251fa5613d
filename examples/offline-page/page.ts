/**
 * A page that trains, and loses nothing: close it, take its network away, stop its server. What it logs waits in the
 * browser until the server has it.
 */
import type { QueueStatus } from "tracklet";
import { openTracker } from "tracklet/browser";
import { showStatus } from "./show-status.ts";
import { Model, readPenguins } from "./softmax.ts";

const element = (id: string): HTMLElement => document.getElementById(id)!;
const say = (text: string): void => {
  element("said").textContent = text;
};

// The server of this example answers at the page's own address; give that of your MLflow server here.
const tracker = await openTracker({
  trackingUri: location.origin,
  experiment: "offline page",
  // Where people sign in, add `partition: account.id`: the next one must not send what this one left.
  onProblem: ({ message }) => say(message),
});
const { queue } = tracker;

// The page shows its queue, whatever happens in it: here, in another tab, or on the way to the server.
const show = (status: QueueStatus): void => showStatus(element("status"), status);
queue.subscribe(show);
show(queue.status());

const penguins = readPenguins(await (await fetch("/penguins.json")).json());

async function train(): Promise<void> {
  const rate = 0.5;
  await tracker.withRun({ params: { model: "softmax", rate, penguins: penguins.length } }, async (run) => {
    const model = new Model();
    for (let epoch = 1; epoch <= 100; epoch++) {
      const { loss, accuracy } = model.learn(penguins, rate);
      run.logMetrics({ loss, accuracy }, { step: epoch });
      say(`epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(3)}`);
      // A page draws, and hears its buttons, between two epochs.
      await new Promise((resolve) => setTimeout(resolve));
    }
  });
  // Trained; what is not delivered yet is safe from here on, also when the page is closed.
  await tracker.flush({ until: "durable" });
  say(`${element("said").textContent}: durable`);
}

/** Calls a function at each click, and shows when it fails. */
function onClick(id: string, action: () => unknown): void {
  element(id).addEventListener("click", async () => {
    try {
      await action();
    } catch (error) {
      say(String(error));
    }
  });
}

onClick("train", train);

onClick("offline", () => {
  const offline = element("offline").getAttribute("aria-pressed") !== "true";
  element("offline").setAttribute("aria-pressed", String(offline));
  if (offline) queue.pause();
  else queue.resume();
});

onClick("flush", async () => {
  const { delivered, pending } = await tracker.flush({ timeout: 5_000 });
  say(`delivered ${delivered.points} points, ${pending.points} wait`);
});

onClick("list", async () => {
  const reasons: string[] = [];
  for await (const { kind, reason } of queue.quarantine.list()) reasons.push(`${kind}: ${reason}`);
  say(reasons.join("\n") || "nothing is in quarantine");
});

say("ready");
