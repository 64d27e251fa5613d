/**
 * The lesson: a sweep of small trainings on real data, tracked whole. Reads from top to bottom.
 *
 * `npm start` tracks to `./mlflow.db`; with MLFLOW_TRACKING_URI set, to that MLflow server.
 * `npm start -- --runs 4 --epochs 10` makes it shorter.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isTrackletError, type Run, type RunTable, type Tracker } from "tracklet";
import { createClient } from "tracklet/client";
import { openTracker } from "tracklet/local";
import packageFacts from "tracklet/package.json" with { type: "json" };
import { loadPenguins, species, split } from "./data.ts";
import { checkDelivery } from "./delivery.ts";
import { readOptions } from "./options.ts";
import { createReport } from "./report.ts";
import { Screen, seconds, sparkline } from "./screen.ts";
import { runSweep, type SweepOptions } from "./sweep.ts";

const experimentName = "lesson";
const reportFile = "lesson-report.html";
const screen = new Screen();
const stop = new AbortController();
// Once: a second Ctrl-C ends the program at once, and tracklet then ends the open runs as KILLED by itself.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(signal));

try {
  await lesson(readOptions());
} catch (error) {
  if (!isTrackletError(error)) throw error;
  screen.say(screen.style("red", error.message));
  process.exitCode = 1;
}

async function lesson(options: SweepOptions): Promise<void> {
  const start = performance.now();
  const penguins = await loadPenguins();
  screen.say(
    `${screen.style("bold", `tracklet ${packageFacts.version}`)}   lesson: ${penguins.length} penguins, ${species.length} species`,
  );

  const isNew = !existsSync("mlflow.db");
  const tracker = await openTracker();
  try {
    const store = await describeStore(tracker, isNew);
    screen.say(`tracking to ${store.text}`);
    const { created, experimentId } = await tracker.setExperiment(experimentName);
    screen.say(
      created
        ? `experiment "${experimentName}" did not exist: created (id ${experimentId})`
        : `experiment "${experimentName}" (id ${experimentId}) goes on: its ${await countRuns(tracker)} runs stay`,
    );
    screen.say();

    // One run for the sweep, with a child run per setting.
    const sweep = tracker.startRun({ tags: { lesson: "penguins" }, params: { ...options }, signal: stop.signal });
    const tried = await stoppable(sweep, () => runSweep(sweep, split(penguins), screen, options));
    if (tried === undefined) return await tellKept(tracker, store.text);

    const runs = await findRuns(tracker, sweep);
    const best = runs.rows[0];
    screen.say();
    await showTable(tracker, runs);
    const delivery = await checkDelivery(tracker, sweep, tried);
    screen.say();
    screen.say(screen.style(delivery.whole ? "green" : "red", delivery.text));

    const title = `lesson: ${penguins.length} penguins`;
    const report = await createReport(tracker, {
      title,
      penguins,
      runs,
      delivery: delivery.text,
      store: `tracked to ${store.text}`,
    });
    await writeFile(reportFile, report);
    await sweep.logText(report, "report.html");
    sweep.setTag("lesson.best_run", best?.name ?? "");
    await sweep.end();
    await tracker.flush();
    const page = await sweep.url();

    await predictInSecondProcess();
    screen.say(screen.style("dim", `${runs.length} runs in ${seconds(performance.now() - start)}`));
    screen.say();
    whereToLook(store.isServer, page);
    if (!delivery.whole) process.exitCode = 1;
  } finally {
    await tracker.close();
  }
}

/** Runs `body`; undefined when it was stopped by a signal: its child run and `sweep` are then KILLED. */
async function stoppable<T>(sweep: Run, body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    await sweep.end(stop.signal.aborted ? "KILLED" : "FAILED");
    if (stop.signal.aborted) return undefined;
    throw error;
  }
}

async function describeStore(tracker: Tracker, isNew: boolean): Promise<{ text: string; isServer: boolean }> {
  const uri = process.env["MLFLOW_TRACKING_URI"];
  if (uri === undefined || uri === "") {
    return { text: `./mlflow.db${isNew ? " (new)" : ""}, artifacts in ./mlruns`, isServer: false };
  }
  if (uri.startsWith("sqlite:")) return { text: uri, isServer: false };
  const version = await createClient(tracker).server.version();
  return { text: `${tracker.connection.trackingUri} (MLflow ${version})`, isServer: true };
}

async function countRuns(tracker: Tracker): Promise<number> {
  return (await tracker.searchRuns({ maxResults: 50_000 })).length;
}

/** The runs of this sweep, best first. */
async function findRuns(tracker: Tracker, sweep: Run): Promise<RunTable> {
  return tracker.searchRuns({
    filter: `tags.\`mlflow.parentRunId\` = '${await sweep.runId()}'`,
    orderBy: "metrics.`summary.val_loss` ASC",
  });
}

async function showTable(tracker: Tracker, runs: RunTable): Promise<void> {
  const curves = await Promise.all(
    runs.rows.map(async ({ run_id }) => {
      const points = await tracker.getMetricHistory(run_id, "val_loss");
      return sparkline(points.toSorted((a, b) => a.step - b.step).map(({ value }) => value));
    }),
  );
  const param = (key: string): string[] => runs.rows.map((row) => row[`params.${key}`] ?? "");
  const metric = (key: string, digits: number): string[] =>
    runs.rows.map((row) => (row[`metrics.${key}`] ?? Number.NaN).toFixed(digits));
  screen.table(
    [
      { title: "run", cells: runs.rows.map(({ name }) => name) },
      { title: "lr", cells: param("optimizer.lr") },
      { title: "momentum", cells: param("optimizer.momentum"), optional: true },
      { title: "units", cells: param("model.units") },
      { title: "schedule", cells: param("schedule"), optional: true },
      { title: "epochs", cells: metric("summary.epochs", 0), align: "right" },
      { title: "val_loss", cells: metric("summary.val_loss", 4), align: "right" },
      { title: "val_acc", cells: metric("summary.val_acc", 3), align: "right" },
      { title: "val_loss by epoch", cells: curves },
    ],
    0,
  );
}

async function predictInSecondProcess(): Promise<void> {
  const program = fileURLToPath(import.meta.resolve("./predict.ts"));
  const child = spawn(process.execPath, [...process.execArgv, program, experimentName], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`The second process ended with code ${code}`);
}

async function tellKept(tracker: Tracker, store: string): Promise<void> {
  const { pending } = await tracker.flush({ timeout: 5000 });
  const left = pending.points + pending.requests;
  screen.say();
  screen.say(screen.style("yellow", "stopped: the open run and its sweep are KILLED, finished runs stay FINISHED"));
  screen.say(
    `${left === 0 ? "all that was logged is kept" : `${left} entries were not delivered`}: ${await countRuns(tracker)} runs in ${store}`,
  );
  process.exitCode = 130;
}

function whereToLook(isServer: boolean, page: string | undefined): void {
  const line = (name: string, text: string, note = ""): void =>
    screen.say(
      `${screen.style("bold", name.padEnd(8))} ${text}${note === "" ? "" : screen.style("dim", `   ${note}`)}`,
    );
  line("look", `./${reportFile}`);
  if (isServer) line("MLflow", page ?? "");
  else line("MLflow", "mlflow ui", "(in this folder: the same runs)");
  line("team", "MLFLOW_TRACKING_URI=https://mlflow.example npm start", "(the same, on your server)");
  line("again", "npm start", "(adds runs, loses none)");
}
