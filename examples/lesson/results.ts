import type { Run, RunTable, Tracker } from "tracklet";
import { type Screen, sparkline } from "./screen.ts";

/** The runs of a sweep, best first. */
export async function findRuns(tracker: Tracker, sweep: Run): Promise<RunTable> {
  return tracker.searchRuns({
    filter: `tags.\`mlflow.parentRunId\` = '${await sweep.runId()}'`,
    orderBy: "metrics.`summary.val_loss` ASC",
  });
}

/** The runs with their curves; the first one is the best. */
export async function showTable(screen: Screen, tracker: Tracker, runs: RunTable): Promise<void> {
  const curves = await Promise.all(
    runs.rows.map(async ({ run_id }) => {
      const points = await tracker.getMetricHistory(run_id, "val_loss");
      return sparkline(points.toSorted((a, b) => a.step - b.step).map(({ value }) => value));
    }),
  );
  const param = (key: string): string[] => runs.rows.map((row) => row[`params.${key}`] ?? "");
  const metric = (key: string, digits: number): string[] =>
    runs.rows.map((row) => (row[`metrics.${key}`] ?? Number.NaN).toFixed(digits));
  screen.say();
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

/** After Ctrl-C: what is in the store. */
export async function tellKept(screen: Screen, tracker: Tracker, store: string): Promise<void> {
  const { pending } = await tracker.flush({ timeout: 5000 });
  const left = pending.points + pending.requests;
  const runs = await tracker.searchRuns({ maxResults: 50_000 });
  const count = (status: string): string => `${runs.filter((row) => row.status === status).length} ${status}`;
  screen.say();
  screen.say(screen.style("yellow", "stopped: what was running is KILLED, finished runs stay FINISHED"));
  screen.say(
    `${left === 0 ? "all that was logged is kept" : `${left} entries were not delivered, the rest is kept`} in ${store}: ${count("FINISHED")}, ${count("KILLED")}`,
  );
}

export function whereToLook(screen: Screen, reportFile: string, page: string | undefined): void {
  const line = (name: string, text: string, note = ""): void =>
    screen.say(`${screen.style("bold", name.padEnd(8))} ${text}${screen.style("dim", note)}`);
  screen.say();
  line("look", `./${reportFile}`);
  if (page === undefined) {
    line("MLflow", "mlflow ui", "   (in this folder: the same runs)");
    line("team", "MLFLOW_TRACKING_URI=https://mlflow.example npm start", "   (the same, on your server)");
  } else line("MLflow", page);
  line("again", "npm start", "   (adds runs, loses none)");
}
