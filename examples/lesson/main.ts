/**
 * The lesson: a sweep of small trainings on real data, tracked whole. Reads from top to bottom.
 *
 * `npm start` tracks to `./mlflow.db`; with MLFLOW_TRACKING_URI set, to that MLflow server.
 * `npm start -- --runs 4 --epochs 10` makes it shorter.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isTrackletError, NetworkError, type Run, type Tracker } from "tracklet";
import { openTracker } from "tracklet/local";
import packageFacts from "tracklet/package.json" with { type: "json" };
import { loadPenguins, type Penguin, species, split } from "./data.ts";
import { checkDelivery, type Delivery } from "./delivery.ts";
import { readOptions } from "./options.ts";
import { createReport } from "./report.ts";
import { findRuns, showTable, tellKept, whereToLook } from "./results.ts";
import { Screen, seconds } from "./screen.ts";
import { describeStore, type Store } from "./store.ts";
import { runSweep, type SweepOptions } from "./sweep.ts";

const experimentName = "lesson";
const reportFile = "lesson-report.html";
const screen = new Screen();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The first Ctrl-C stops in good order; a second one ends at once, and tracklet still ends the open runs as KILLED.
  process.on(signal, () => (stop.signal.aborted ? process.exit(130) : stop.abort(signal)));
}

try {
  await lesson(readOptions());
} catch (error) {
  if (!isTrackletError(error) && !(error instanceof RangeError)) throw error;
  screen.say(screen.style("red", error.message));
  if (error instanceof NetworkError)
    screen.say("without MLFLOW_TRACKING_URI the lesson needs no server: it keeps its runs in ./mlflow.db");
  process.exitCode = 1;
}

async function lesson(options: SweepOptions): Promise<void> {
  const start = performance.now();
  const penguins = await loadPenguins();
  const title = screen.style("bold", `tracklet ${packageFacts.version}`);
  screen.say(`${title}   lesson: ${penguins.length} penguins, ${species.length} species`);

  const { tracker, store } = await open();
  try {
    await setExperiment(tracker);
    // A run as a scope: FINISHED at the end of its function, FAILED when it throws, KILLED when it is told to stop.
    const sweep = { name: "penguin sweep", tags: { lesson: "penguins" }, params: options, signal: stop.signal };
    const { run, delivery } = await tracker.withRun(sweep, async (parent) => {
      const outcome = await trainAndCompare(tracker, parent, penguins, options, store);
      return { run: parent, delivery: outcome };
    });
    if (!delivery.whole) process.exitCode = 1;

    await tracker.flush();
    await predictInSecondProcess();
    screen.say(
      screen.style(
        "dim",
        `${options.runs + 1} runs (the sweep and one per setting) in ${seconds(performance.now() - start)}`,
      ),
    );
    whereToLook(screen, reportFile, store.isServer ? await run.url() : undefined);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    await tellKept(screen, tracker, store.text);
    process.exitCode = 130;
  } finally {
    await tracker.close();
  }
}

/** No server needed: without MLFLOW_TRACKING_URI runs are kept in `./mlflow.db`, as MLflow itself keeps them. */
async function open(): Promise<{ tracker: Tracker; store: Store }> {
  const describe = describeStore();
  const tracker = await openTracker();
  const store = await describe(tracker);
  screen.say(`tracking to ${store.text}`);
  return { tracker, store };
}

async function setExperiment(tracker: Tracker): Promise<void> {
  const { created, experimentId } = await tracker.setExperiment(experimentName);
  const runs = created ? 0 : (await tracker.searchRuns({ maxResults: 50_000 })).length;
  screen.say(
    created
      ? `experiment "${experimentName}" did not exist: created (id ${experimentId})`
      : `experiment "${experimentName}" (id ${experimentId}) goes on: its ${runs} runs stay`,
  );
  screen.say();
}

/** Trains a child run per setting, then reads everything back: table, delivery figures, report. */
async function trainAndCompare(
  tracker: Tracker,
  sweep: Run,
  penguins: readonly Penguin[],
  options: SweepOptions,
  store: Store,
): Promise<Delivery> {
  const tried = await runSweep(sweep, split(penguins), screen, options);

  const runs = await findRuns(tracker, sweep);
  await showTable(screen, tracker, runs);
  const delivery = await checkDelivery(tracker, sweep, tried);
  screen.say();
  screen.say(screen.style(delivery.whole ? "green" : "red", delivery.text));

  const report = await createReport(tracker, { penguins, runs, delivery: delivery.text, store: store.text });
  await writeFile(reportFile, report);
  await sweep.logText(report, "report.html");
  sweep.setTag("lesson.best_run", runs.rows[0]?.name);
  sweep.signal.throwIfAborted();
  return delivery;
}

async function predictInSecondProcess(): Promise<void> {
  const program = fileURLToPath(import.meta.resolve("./predict.ts"));
  const child = spawn(process.execPath, [...process.execArgv, program, experimentName], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  stop.signal.throwIfAborted();
  if (code !== 0) throw new Error(`The second process ended with code ${code}`);
}
