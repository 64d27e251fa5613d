import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openTracker } from "tracklet/local";
import { recreateEnvironment } from "tracklet/recorder";
import { repository } from "../recorder/environment/project.ts";
import { startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { packPenguins, packTracklet } from "./support/packed.ts";
import { smallRegistry } from "./support/small-registry.ts";

const temporaryDirectory = temporaryDirectories();
const execute = promisify(execFile);
const sources = ["recreate/train.ts", "offline-page/softmax.ts"];
const bin = fileURLToPath(new URL("../../runtime-tests/node_modules/.bin", import.meta.url));

const idOf = (said: string): string => /^recorded (\w+)$/m.exec(said)?.[1] ?? "";

test("S3.7 examples/recreate stops when it diverges, is made again elsewhere, and gives exactly the same metrics", {
  timeout: 180_000,
}, async () => {
  const work = await temporaryDirectory();
  const registry = await smallRegistry([await packTracklet(work), await packPenguins(work)]);
  const store = `sqlite:///${join(work, "mlflow.db")}`;
  const { NODE_OPTIONS: _, ...outer } = process.env;
  const own = Object.entries(outer).filter(([name]) => !/^npm_/i.test(name));
  const env = {
    ...Object.fromEntries(own),
    PATH: [join(process.execPath, ".."), bin, outer["PATH"]].join(delimiter),
    MLFLOW_TRACKING_URI: store,
    NPM_CONFIG_REGISTRY: registry.url,
    NPM_CONFIG_CACHE: join(work, "npm-cache"),
    NPM_CONFIG_AUDIT: "false",
    NPM_CONFIG_FUND: "false",
    DENO_DIR: join(work, "deno-cache"),
    BUN_INSTALL_CACHE_DIR: join(work, "bun-cache"),
  };
  /** Runs a command line as a person does. */
  const shell = async (command: string, cwd: string): Promise<string> =>
    (await execute("sh", ["-c", command], { cwd, env })).stdout;
  const open = () => openTracker({ trackingUri: store });
  const figures = async (said: string): Promise<Record<string, unknown>> => {
    const id = idOf(said);
    await using tracker = await open();
    const { data, info } = await tracker.getRun(id);
    const histories: Record<string, unknown> = { status: info.status, params: data.params };
    for (const key of ["loss", "accuracy", "rate", "summary.highestRate"]) {
      histories[key] = (await tracker.getMetricHistory(id, key)).map(({ step, value }) => [step, value]);
    }
    return histories;
  };

  const tree = join(work, "first");
  const app = join(tree, "recreate");
  for (const file of sources) {
    await mkdir(join(tree, file, ".."), { recursive: true });
    await copyFile(new URL(`../../examples/${file}`, import.meta.url), join(tree, file));
  }
  const dependencies = { tracklet: "^0.1.0", "vega-datasets": "^3.0.0" };
  await writeFile(join(app, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  await shell("npm install", app);
  await repository(tree, { ".gitignore": "node_modules\n" });
  // What matters, and was not committed.
  await shell("sed 's/growth = 1.3/growth = 1.4/' train.ts > changed && mv changed train.ts", app);

  // Each engine has its own last digit of an exponential, so that each is held against itself. Deno and Bun come with the
  // tests of all runtimes.
  const commands = { npm: "node --disable-warning=ExperimentalWarning", deno: "deno run -A", bun: "bun" };
  const managers = (["npm", "deno", "bun"] as const).filter((name) => name === "npm" || existsSync(join(bin, name)));
  const made = [];
  const ids: string[] = [];
  for (const manager of managers) {
    const said = await shell(`${commands[manager]} train.ts 0.4`, app);
    const before = await figures(said);
    expect(before).toMatchObject({ status: "FINISHED", params: { rate: "0.4", growth: "1.4" } });
    const steps = (before["loss"] as [number, number][]).map(([step]) => step);
    expect(steps).toEqual(steps.map((_, n) => n + 1));
    expect([steps.length > 10, steps.length < 100]).toEqual([true, true]);
    const target = join(work, manager);
    ids.push(idOf(said));
    made.push({
      before,
      ...(await recreateEnvironment(idOf(said), target, { tracker: open, manager, repository: tree })),
    });
  }
  expect(made[0]).toMatchObject({
    directory: join(work, "npm", "recreate"),
    install: "npm ci",
    run: "node --disable-warning=ExperimentalWarning train.ts 0.4",
  });
  const program = new URL("../../examples/recreate/recreate.ts", import.meta.url);
  const said = await startProgram(program, [ids[0] ?? "", join(work, "by-program"), tree], {
    env: { MLFLOW_TRACKING_URI: store },
  }).end;
  expect(said).toMatchObject({
    stdout: `cd ${join(work, "by-program", "recreate")} && ${made[0]?.install} && ${made[0]?.run}\n`,
    stderr: "",
  });
  // Nothing of the first place may be used.
  await rm(tree, { recursive: true });
  for (const { directory, install, run, problems, before } of made) {
    expect(problems).toEqual([]);
    const again = await shell(`${install} && ${run}`, directory);
    expect(again).toMatch(/^stopped at epoch \d+ with loss [\d.]+: no better than chance$/m);
    expect(await figures(again)).toEqual(before);
  }
  registry.close();
});
