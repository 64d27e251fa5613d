/** Two copies of the library in one process, as two versions among the dependencies of a program are. */
import { cpSync, mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { detectRuntime } from "../../../src/runtime/detect-runtime.ts";
import * as first from "../../../src/runtime/node.ts";

// A copy of the files: Bun gives the same module for an address with another query.
const directory = mkdtempSync(join(tmpdir(), "tracklet-copy-"));
cpSync(new URL("../../../src", import.meta.url), directory, { recursive: true });
const second = (await import(pathToFileURL(join(directory, "runtime/node.ts")).href)) as typeof first;
rmSync(directory, { recursive: true });
const say = (text: string): void => void writeSync(1, `${text}\n`);
if (second.nodeRuntime === first.nodeRuntime) say("there is one copy only");

for (const [name, copy] of [
  ["first", first],
  ["second", second],
] as const) {
  const { lifecycle, clock } = copy.nodeRuntime(detectRuntime());
  lifecycle.onEnd(async ({ kind }) => {
    say(`${name} told ${kind}`);
    await new Promise<void>((resolve) => void clock.after(20, resolve));
    say(`${name} finished`);
  });
}

setInterval(() => {}, 1000);
say("ready");
if (process.argv[2] === "throw") throw new Error("out of luck");
