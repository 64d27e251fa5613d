import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createClient } from "tracklet/client";
import { openTracker } from "tracklet/local";
import { type ProgramEnd, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const lesson = new URL("../../examples/lesson/main.ts", import.meta.url);
const predict = new URL("../../examples/lesson/predict.ts", import.meta.url);
const short = ["--runs", "4", "--epochs", "4"];
const temporaryDirectory = temporaryDirectories();

async function start(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<ProgramEnd> {
  return startProgram(lesson, args, { cwd, env }).end;
}

describe("the lesson", { timeout: 120_000 }, () => {
  test("S2.1 to S2.8 trains a sweep, reads it back, predicts in a second process; a second start adds runs and loses none", async () => {
    const directory = await temporaryDirectory();
    const first = await start(directory, short);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    for (const line of [
      /^tracklet \d+\.\d+\.\d+ {3}lesson: 342 penguins, 3 species$/m,
      /^tracking to \.\/mlflow\.db \(new\), artifacts in \.\/mlruns$/m,
      /^experiment "lesson" did not exist: created \(id 1\)$/m,
      /^4\/4 {2}lr 0\.1 .* 4\/4 {2}val_loss 0\.\d{3} {2}val_acc \d\.\d\d {2}\d+\.\d s$/m,
      /^\* \w+-\w+-\d+ .* [▁▂▃▄▅▆▇█]{4}$/m,
      // 4 runs x (4 epochs x (30 batches + 5 figures) + 3 figures of the whole run)
      /^delivered 572 of 572 points and 24 of 24 files; read back: equal; waiting 0; refused 0$/m,
      /^second process: loaded \w+-\w+-\d+, predicted (\w+) \(true: \1\), 3[1-4] of 34 held-out rows right$/m,
      /^5 runs \(the sweep and one per setting\) in \d+\.\d s$/m,
      /^look {5}\.\/lesson-report\.html$/m,
      /^team {5}MLFLOW_TRACKING_URI=/m,
    ]) {
      expect(first.stdout).toMatch(line);
    }

    const tracker = await openTracker({ directory, experiment: "lesson" });
    const runs = await tracker.searchRuns();
    const children = runs.filter((row) => row["tags.mlflow.parentRunId"] !== null);
    expect(runs.rows.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "FINISHED"));
    expect(children.length).toBe(4);
    const best = children.best("summary.val_loss", "min");
    expect(first.stdout).toContain(`\n* ${best?.name} `);
    expect(first.stdout).toContain(`loaded ${best?.name},`);
    expect(best).toMatchObject({ "params.optimizer.name": "sgd", "params.training.epochs": "4", "params.seed": "7" });
    const history = await tracker.getMetricHistory(best?.run_id ?? "", "val_loss");
    expect(history.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect((await tracker.getMetricHistory(best?.run_id ?? "", "lr")).length).toBe(4);
    const files = await tracker.listArtifacts(best?.run_id ?? "");
    expect(files.map(({ path }) => path)).toEqual([
      "confusion-matrix.json",
      "curves.svg",
      "report.md",
      "settings",
      "validation.json",
    ]);
    const settings = await tracker.listArtifacts(best?.run_id ?? "", "settings");
    expect(settings.map(({ path }) => path)).toEqual(["settings/config.json", "settings/scaler.json"]);
    const { loggedModels } = createClient(tracker);
    const models = await loggedModels.search({ experimentIds: [best?.experiment_id ?? ""] }).all();
    expect(models.filter(({ status, name }) => status === "READY" && name === "model")).toHaveLength(4);
    await tracker.close();

    const second = await start(directory, ["--runs", "1", "--epochs", "2"]);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('experiment "lesson" (id 1) goes on: its 5 runs stay');
    const again = await openTracker({ directory, experiment: "lesson" });
    const ids = (await again.searchRuns()).rows.map(({ run_id }) => run_id);
    expect(ids).toHaveLength(7);
    expect(ids).toEqual(expect.arrayContaining(runs.rows.map(({ run_id }) => run_id)));
    await again.close();
  });

  test("writes a report that needs nothing but itself, and no colours, bars or cursor codes into a pipe", async () => {
    const directory = await temporaryDirectory();
    const { stdout, stderr } = await start(directory, ["--runs", "2", "--epochs", "2"]);
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|[━─]/);
    const report = await readFile(join(directory, "lesson-report.html"), "utf8");
    expect(report.match(/<svg /g)).toHaveLength(6);
    expect(report).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=/);
    for (const text of ["validation loss", "Parallel coordinates", "best run", "Chinstrap", "read back: equal"]) {
      expect(report).toContain(text);
    }
  });

  test("S2.3 ends what runs as KILLED when it is interrupted, keeps the rest and says so", async () => {
    const directory = await temporaryDirectory();
    const program = startProgram(lesson, [], { cwd: directory });
    await program.line("1/8");
    program.kill("SIGINT");
    const { code, stdout } = await program.end;
    expect(code).toBe(130);
    expect(stdout).toMatch(/all that was logged is kept in .*: \d FINISHED, 2 KILLED/);
    const tracker = await openTracker({ directory, experiment: "lesson" });
    const runs = await tracker.searchRuns();
    expect(runs.filter(({ status }) => status === "KILLED").length).toBe(2);
    expect(runs.filter(({ status }) => status === "RUNNING").length).toBe(0);
    expect(runs.filter(({ status }) => status === "FINISHED").length).toBeGreaterThan(0);
    await tracker.close();
  });

  test("says what to do when the server does not answer, and when an option cannot be used", async () => {
    const directory = await temporaryDirectory();
    const away = await start(directory, short, { MLFLOW_TRACKING_URI: "http://127.0.0.1:9" });
    expect(away.code).toBe(1);
    expect(away.stdout).toMatch(
      /(no answer came|fetch never opens port 9).*\nwithout MLFLOW_TRACKING_URI the lesson needs no server/,
    );
    const wrong = await start(directory, ["--runs", "99"]);
    expect(wrong).toMatchObject({ code: 1, stdout: 'Cannot use --runs as it must be 1 to 8: current value is "99"\n' });
  });

  test("S2.7 the second program says how to begin where there is no run", async () => {
    const { code, stderr } = await startProgram(predict, ["nothing"], { cwd: await temporaryDirectory() }).end;
    expect(code).not.toBe(0);
    expect(stderr).toContain('Cannot predict as the experiment has no finished run: start with "npm start"');
  });
});
