import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { type Program, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();

const train = (directory: string, how: string): Program =>
  startProgram(new URL("./programs/train.ts", import.meta.url), [directory, how]);

/** What the file holds: MLflow reads the same. */
const stored = (directory: string): unknown =>
  withSqliteFile(join(directory, "mlflow.db"), (database) => ({
    runs: database
      .prepare("SELECT name, status FROM runs ORDER BY name = 'fold 1'")
      .all()
      .map((row) => [row["name"], row["status"]]),
    ended: database.prepare("SELECT count(*) AS n FROM runs WHERE end_time >= start_time").get()?.["n"],
    points: database.prepare("SELECT count(*) AS n FROM metrics").get()?.["n"],
    params: database.prepare("SELECT count(*) AS n FROM params").get()?.["n"],
  }));

const all = { ended: 2, points: 1500, params: 1 };

describe("the end of a process that tracks into a local store", () => {
  test("a normal end finishes open runs and stores all", async () => {
    const directory = await temporaryDirectory();
    expect(await train(directory, "normal").end).toMatchObject({ code: 0, stderr: "" });
    expect(stored(directory)).toEqual({
      runs: [
        ["normal", "FINISHED"],
        ["fold 1", "FINISHED"],
      ],
      ...all,
    });
  });

  test("an uncaught error fails open runs, stores all, and is printed with its stack and exit code 1", async () => {
    const directory = await temporaryDirectory();
    const end = await train(directory, "throw").end;
    expect(end.code).toBe(1);
    expect(end.stderr).toContain("Error: the loss exploded");
    expect(end.stderr).toContain("train.ts");
    expect(stored(directory)).toEqual({
      runs: [
        ["throw", "FAILED"],
        ["fold 1", "FAILED"],
      ],
      ...all,
    });
  });

  test("process.exit() loses nothing of runs whose end was awaited", async () => {
    const directory = await temporaryDirectory();
    expect(await train(directory, "end").end).toMatchObject({ code: 0, stderr: "" });
    expect(stored(directory)).toEqual({
      runs: [
        ["end", "FINISHED"],
        ["fold 1", "FINISHED"],
      ],
      ...all,
    });
  });

  test("F31 a kill loses nothing of what was logged before flush() until it was durable", async () => {
    const directory = await temporaryDirectory();
    expect(await train(directory, "durable").end).toMatchObject({ signal: "SIGKILL" });
    expect(stored(directory)).toMatchObject({ points: 1500, params: 1 });
  });

  test("process.exit() loses what waits in memory, and standard error says how much and what helps", async () => {
    const end = await train(await temporaryDirectory(), "exit").end;
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/^tracklet: 1,500 points and \d+ requests did not reach the local store: .*\n$/);
    expect(end.stderr).toContain("are lost: call await tracker.close() before the end");
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s kills open runs, stores all, and ends the process",
    async (signal) => {
      const directory = await temporaryDirectory();
      const program = train(directory, "signal");
      await program.line("training");
      program.kill(signal);
      expect(await program.end).toMatchObject({ signal, stderr: "" });
      expect(stored(directory)).toEqual({
        runs: [
          ["signal", "KILLED"],
          ["fold 1", "KILLED"],
        ],
        ...all,
      });
    },
  );

  test("two processes that end at once lose nothing", async () => {
    const directory = await temporaryDirectory();
    const ends = await Promise.all(["one", "two"].map((how) => train(directory, how).end));
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(stored(directory)).toMatchObject({ ended: 4, points: 3000, params: 2 });
  });
});
