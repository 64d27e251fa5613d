/**
 * A walk through a colony of penguins, recorded where there is no network: each penguin that is measured is a record, an
 * alert tells of a very heavy one at once, and everything is delivered when somebody is back.
 */
import { openTracker } from "tracklet/browser";
import { createRecorder, type Recorder } from "tracklet/recorder";
import { showStatus } from "../offline-page/show-status.ts";

const element = (id: string): HTMLElement => document.getElementById(id)!;
const say = (text: string): void => {
  element("said").textContent = text;
};

// The server of this example answers at the page's own address; give that of your MLflow server here.
const tracker = await openTracker({ trackingUri: location.origin, onProblem: ({ message }) => say(message) });
tracker.queue.subscribe((status) => showStatus(element("status"), status));
showStatus(element("status"), tracker.queue.status());

/** What a person in the field measures; here it comes from the data of a real study (342 penguins of three islands). */
const penguins = ((await (await fetch("/penguins.json")).json()) as Record<string, unknown>[])
  .map((row) => ({ mass: row["Body Mass (g)"], flipper: row["Flipper Length (mm)"], island: row["Island"] }))
  .filter((one): one is { mass: number; flipper: number; island: string } => typeof one.mass === "number");

let recorder: Recorder | undefined;
let walks = 0;

async function walk(): Promise<void> {
  const current = createRecorder({
    tracker,
    name: `walk ${++walks}`,
    project: "field study",
    notes: "Penguins as they come, **no net** below the cliff.",
    dataset: "penguins",
    metadata: { device: navigator.userAgent.includes("Mobile") ? "phone" : "computer" },
    mode: element("offline").getAttribute("aria-pressed") === "true" ? "OFFLINE" : "ONLINE",
  });
  recorder = current;
  current.attachAlertOn({
    metric: "mass",
    operator: ">=",
    value: 6000,
    text: "a very heavy penguin",
    cooldown: 0,
    onAlert: ({ text, value, step }) => {
      const line = document.createElement("li");
      line.textContent = `${text}: ${value} g, number ${step}`;
      element("alerts").append(line);
    },
  });
  await current.record(async () => {
    let sum = 0;
    for (const [n, { mass, flipper }] of penguins.entries()) {
      sum += mass;
      current.addRecord({ mass, flipper, mean_mass: sum / (n + 1) }, { step: n + 1 });
      say(`${n + 1} of ${penguins.length} penguins`);
      // A page draws, and hears its buttons, between two penguins.
      await new Promise((resolve) => setTimeout(resolve));
    }
    current.summary({ penguins: penguins.length, mean_mass: sum / penguins.length });
  });
  say(`walk ${walks} is recorded: ${current.mode === "OFFLINE" ? "it waits here" : "it is sent"}`);
}

element("walk").addEventListener("click", () => void walk().catch((error: unknown) => say(String(error))));

element("offline").addEventListener("click", () => {
  const offline = element("offline").getAttribute("aria-pressed") !== "true";
  element("offline").setAttribute("aria-pressed", String(offline));
  if (recorder !== undefined) recorder.setMode(offline ? "OFFLINE" : "ONLINE");
  else if (offline) tracker.queue.pause();
  else tracker.queue.resume();
});

say("ready");
