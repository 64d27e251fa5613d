import type { TrackingServer } from "./tracking-server.ts";

/** What a page was told to be durable before it died. */
export interface Promised {
  /** Points 1 to this number, each with its number as its step and value. */
  readonly points: number;
  /** Files 1 to this number. */
  readonly artifacts: number;
}

/** What is on the server. */
export interface Found {
  readonly runs: number;
  readonly points: number;
  readonly artifacts: number;
  readonly wrong: readonly string[];
}

/** Compares the rows of the server with what pages were promised. */
export async function checkKilled(server: TrackingServer, promised: ReadonlyMap<string, Promised>): Promise<Found> {
  const wrong: string[] = [];
  const names = server.rows("select run_uuid, name, status from runs");
  let points = 0;
  let artifacts = 0;
  for (const [name, due] of promised) {
    const found = names.filter((row) => row["name"] === name);
    if (found.length > 1) wrong.push(`${name} is there ${found.length} times`);
    const id = found[0]?.["run_uuid"];
    if (id === undefined) {
      if (due.points > 0) wrong.push(`${name} is lost`);
      continue;
    }
    const [by] = server.rows("select value from tags where run_uuid = ? and key = 'mlflow.tracklet.endedBy'", id);
    const { status } = found[0]!;
    if (status !== "FAILED" || by?.["value"] !== "recovery") {
      wrong.push(`${name} is ${status}, ended by ${by?.["value"]}, although its page died`);
    }
    const rows = server.rows("select step, value from metrics where run_uuid = ? order by step", id);
    const steps = new Set(rows.map(({ step }) => Number(step)));
    points += rows.length;
    if (steps.size < rows.length) wrong.push(`${name} has ${rows.length - steps.size} points twice`);
    if (rows.some(({ step, value }) => Number(step) !== value)) wrong.push(`${name} has points with a wrong value`);
    const lost = Array.from({ length: due.points }, (_, n) => n + 1).filter((step) => !steps.has(step));
    if (lost.length > 0) wrong.push(`${name} has lost ${lost.length} of ${due.points} points, from ${lost[0]} on`);
    const [tag] = server.rows("select value from tags where run_uuid = ? and key = 'progress'", id);
    if (due.points > 0 && !(Number(tag?.["value"]) >= due.points)) wrong.push(`${name} has lost its last tag`);
    for (let n = 1; n <= due.artifacts; n++) {
      const text = await server.artifact(String(id), `file-${n}.txt`);
      if (text?.startsWith(`${name} ${n}\n`) && text.length === 20_000) artifacts++;
      else wrong.push(`${name} has lost file-${n}.txt`);
    }
  }
  const known = new Set([...promised.keys(), "last"]);
  for (const { name } of names) if (!known.has(String(name))) wrong.push(`run "${name}" is a ghost`);
  return { runs: names.length, points, artifacts, wrong };
}
