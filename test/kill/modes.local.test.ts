import { join } from "node:path";
import { expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { Child } from "./child.ts";
import { commandOf, type KilledRuntime } from "./runtimes.ts";
import { startServer } from "./server-process.ts";
import { readServer } from "./server-rows.ts";

const directory = temporaryDirectories();
const command = commandOf(detectRuntime() as KilledRuntime);

test("S3.1 S3.4 a recording that switches modes and is killed is taken up again: what was durable is there, once", {
  timeout: 60_000,
}, async () => {
  const folder = await directory();
  const server = await startServer(command, folder);
  const start = (...args: string[]): Child =>
    new Child(command, new URL("./programs/modes.ts", import.meta.url), [
      join(folder, "queue.db"),
      server.url,
      ...args,
    ]);
  try {
    const first = start();
    await first.line("durable 300");
    const { lines, stderr } = await first.killed();
    const id = lines.find((line) => line.startsWith("recording "))?.slice("recording ".length) ?? "";
    const promised = Number(lines.findLast((line) => line.startsWith("durable "))?.slice("durable ".length));
    const second = await start(id).end;
    const none = { points: 0, requests: 0 };
    expect(second.lines.at(-1)).toBe(`end ${JSON.stringify({ pending: none, quarantined: none, dropped: none })}`);
    expect([
      stderr,
      second.stderr,
      ...[...lines, ...second.lines].filter((line) => /^problem (?!run-recovered )/.test(line)),
    ]).toEqual(["", ""]);
    const runs = readServer(server, "modes");
    expect(runs.map(({ status, tags }) => [status, tags.get("mlflow.tracklet.runId")])).toEqual([["FINISHED", id]]);
    const steps = runs[0]!.points.map(({ step }) => step).toSorted((a, b) => a - b);
    // All up to where it died, which is at least what it said, and what came after.
    expect(steps.at(-1)).toBe(1_000_000);
    expect(steps.slice(0, -1)).toEqual(steps.slice(0, -1).map((_, n) => n));
    expect(steps.length - 2).toBeGreaterThanOrEqual(promised);
    expect(runs[0]!.points.every(({ step, value }) => value === (step === 1_000_000 ? -1 : step))).toBe(true);
  } finally {
    await server.stop();
  }
});
