import { readFileSync } from "node:fs";
import { createTracker } from "tracklet";
import { expect, inject, test } from "vitest";
import { freshName } from "../e2e/suite/target.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";
import { sameFiles, sameWork } from "./support/same-work.ts";

/** Heading of `docs/differences.md`, and the fields that it excuses. */
const reasons: readonly (readonly [heading: string, fields: RegExp])[] = [
  ["The small copy of an image is a PNG", /\/files\/images\/.*\+compressed\.(webp|png)\//],
  [
    "A table is JSON, at a path that finds it again",
    /\/files\/(table_images\/.*\.webp\/|eval\/pictures\.json\/value\/data\/0\/0\/compressed_filepath$)/,
  ],
  ["A digest is computed from the values", /\/inputs\/computed\/digest$/],
  ["A run says which run it hangs below, and who logged it", /[/.]mlflow\.(rootRunId|tracklet\.\w+)$/],
];

/** What Python says only where this repository was cloned from somewhere, so that it excuses something or nothing. */
const ofTheClone = ["The address of the repository is no tag of a run", /[/.]mlflow\.source\.git\.repoURL$/] as const;

/** Every leaf by its path. */
function fieldsOf(value: unknown, path = "", found: Map<string, unknown> = new Map()): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return found.set(path, value);
  for (const [key, inner] of Object.entries(value)) fieldsOf(inner, `${path}/${key}`, found);
  return found;
}

/** The steps of image series that MLflow's UI makes of a listing, as its code takes the names apart: both files of each. */
function seriesOf(paths: readonly string[]): Record<string, string[]> {
  const steps: Record<string, string[]> = {};
  for (const path of paths) {
    const stem = path.slice("images/".length, path.lastIndexOf("."));
    const delimiter = ["+", "%"].find((sign) => stem.includes(sign)) ?? "";
    const [key = "", word, step, time, at] = stem.split(delimiter);
    expect([word, time]).toEqual(["step", "timestamp"]);
    const shown = `${key.replace(/[~#]/g, "/")} ${step} ${at}`;
    steps[shown] = [...(steps[shown] ?? []), path];
  }
  return steps;
}

test.runIf(!inject("mlflowVersion").startsWith("2."))(
  "S1.2 S2.4 S2.7 what tracklet logs is what MLflow's fluent API logs, field by field, but for the reasons in docs/differences.md",
  async () => {
    const trackingUri = inject("trackingUri");
    const folder = await room();
    await sameFiles(folder);
    const names = ["by python", "by tracklet"].map((name) => [freshName(name), freshName(`${name} model`)] as const);
    const [[theirs, theirModel], [ours, ourModel]] = names as [readonly [string, string], readonly [string, string]];
    await python("same_work.py", trackingUri, theirs, theirModel, folder);
    {
      await using tracker = createTracker({ trackingUri, experiment: ours, onProblem: () => {} });
      await sameWork(tracker, ourModel, folder);
    }
    const read = async (...args: string[]): Promise<Map<string, unknown>> =>
      fieldsOf(JSON.parse(await python("read_work.py", trackingUri, ...args)));
    const [expected, found] = [await read(theirs, theirModel), await read(ours, ourModel)];
    expect(expected.size).toBeGreaterThan(150);

    const different = [...new Set([...expected.keys(), ...found.keys()])].filter(
      (field) => expected.get(field) !== found.get(field) && !ofTheClone[1].test(field),
    );
    const unexplained = different.filter((field) => !reasons.some(([, fields]) => fields.test(field)));
    expect(unexplained.map((field) => [field, expected.get(field), found.get(field)])).toEqual([]);
    // A reason that excuses nothing must go, and each stands in the document.
    const idle = reasons.filter(([, fields]) => !different.some((field) => fields.test(field)));
    expect(idle).toEqual([]);
    const text = readFileSync(new URL("../../docs/differences.md", import.meta.url), "utf8");
    expect([...reasons, ofTheClone].filter(([heading]) => !text.includes(`\n## ${heading}\n`))).toEqual([]);
  },
);

test("S2.4 MLflow's own pages list and show image series and images in tables", async () => {
  const trackingUri = inject("trackingUri");
  await using tracker = createTracker({ trackingUri, experiment: freshName("pages"), onProblem: () => {} });
  const image = { width: 300, height: 20, data: new Uint8Array(6000).fill(9) };
  const run = tracker.startRun();
  for (const step of [0, 5]) await run.logImage(image, { key: "digits/seven", step, timestamp: 1_700_000_000_000 });
  await run.logTable([{ picture: image, label: "seven" }], "eval/pictures.json");
  await run.end("FINISHED", { until: "delivered" });
  const runId = await run.runId();
  const file = async (path: string): Promise<Response> => {
    const shown = await fetch(`${trackingUri}/get-artifact?path=${encodeURIComponent(path)}&run_uuid=${runId}`);
    expect([shown.status, path]).toEqual([200, path]);
    return shown;
  };
  const widthOf = async (path: string): Promise<number> =>
    new DataView(await (await file(path)).arrayBuffer()).getUint32(16);

  const listing = await fetch(`${trackingUri}/ajax-api/2.0/mlflow/artifacts/list?run_uuid=${runId}&path=images`);
  const { files } = (await listing.json()) as { files: { path: string }[] };
  const series = seriesOf(files.map(({ path }) => path));
  expect(Object.keys(series).sort()).toEqual(["digits/seven 0 1700000000000", "digits/seven 5 1700000000000"]);
  for (const paths of Object.values(series)) {
    expect(await Promise.all(paths.map(widthOf))).toEqual(
      paths.map((path) => (path.endsWith("+compressed.png") ? 256 : 300)),
    );
  }
  const { data } = (await (await file("eval/pictures.json")).json()) as { data: Record<string, string>[][] };
  const { type, filepath = "", compressed_filepath: small = "" } = data[0]?.[0] ?? {};
  expect([type, await widthOf(filepath), await widthOf(small)]).toEqual(["image", 300, 256]);
});
