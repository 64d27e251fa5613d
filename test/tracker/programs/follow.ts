/** Shares a queue file with others, and reads its own runs back, in the part that its argument names. */
import { openTracker } from "../../../src/open/local.ts";
import type { Run } from "../../../src/tracker/types/run.ts";

/** What to do. */
export interface FollowJob {
  readonly directory: string;
  readonly trackingUri: string;
  /** Delivers for all; reads what it logged; logs and dies; takes up a run of one that died. */
  readonly part: "lead" | "read" | "die" | "resume";
  /** Our id of the run to take up. */
  readonly run?: string;
}

const { directory, trackingUri, part, run: earlier } = JSON.parse(process.argv[2] ?? "{}") as FollowJob;
const tracker = await openTracker({ directory, trackingUri, delivery: { flushInterval: 50 }, onProblem: () => {} });

function start(name: string): Run {
  const run = tracker.startRun({ name });
  for (let step = 0; step < 5; step++) run.logMetric("loss", step, { step });
  return run;
}

/** Says what each call gives, or how it fails. */
async function tell(calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const facts: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls)) facts[name] = await call().catch((error: Error) => error.message);
  console.log(`facts ${JSON.stringify(facts)}`);
}

/** All that reads a run by its id. Nothing here has asked for MLflow's before. */
async function readBack(run: Run, id: string): Promise<void> {
  await tell({
    getRun: () => tracker.getRun(id).then(({ info }) => info.runName),
    getMetricHistory: () => tracker.getMetricHistory(id, "loss").then(({ length }) => length),
    getMetricHistories: () => tracker.getMetricHistories([id]).then(({ rows }) => rows.length),
    compareRuns: () => tracker.compareRuns([id]).then(({ rows }) => rows.length > 0),
    listArtifacts: () => tracker.listArtifacts(id).then((files) => files.map(({ path }) => path)),
    openArtifact: () => tracker.openArtifact(id, "note.txt").then((response) => response.text()),
    downloadArtifacts: () =>
      tracker.downloadArtifacts(id, "note.txt", { to: `${directory}/down-${id}` }).then((path) => path.slice(-8)),
    runTree: () => tracker.runTree(id).then(({ children }) => children.map((child) => child.run.info.runName)),
    searchTree: () => tracker.searchRuns({ root: id }).then(({ rows }) => rows.map(({ name }) => name)),
    history: () => run.history("loss").then(({ length }) => length),
    receipt: () => run.receipt({ verify: true }).then(({ verified }) => verified),
    url: () => run.url().then((url) => url?.startsWith(trackingUri)),
  });
}

const turn = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

if (part === "lead") {
  const run = start("lead");
  await run.runId();
  console.log("leads");
  for (let step = 5; ; step++) {
    run.logMetric("loss", step, { step });
    await turn(200);
  }
}
if (part === "die") {
  const run = start("dead");
  await tracker.flush({ until: "durable" });
  console.log(`durable ${run.localId}`);
  process.kill(process.pid, "SIGKILL");
}
const run = earlier === undefined ? start("own") : await tracker.resumeRun(earlier);
console.log(`has ${run.localId}`);
await run.logText("hello", "note.txt");
run.startChild({ name: "child" });
// The server was away, and whoever leads tries it again in its own time.
if (earlier !== undefined) await tracker.flush({ timeout: 20_000 });
await readBack(run, run.localId);
// MLflow's id of a run of ours, as a search or a page of MLflow tells it.
const other = start("other");
other.setTag("state", "created");
const found = async (): Promise<string> => {
  for (;;) {
    const [row] = (await tracker.searchRuns({ filter: "tags.state = 'created'", freshness: 0 })).rows;
    if (row !== undefined) return row.run_id;
    await turn(20);
  }
};
const id = await found();
other.setTag("state", "read");
await tell({
  tag: () => tracker.getRun(id).then(({ data }) => data.tags["state"]),
  resumed: () => tracker.resumeRun(id).then((again) => again === other),
});
process.exit(0);
