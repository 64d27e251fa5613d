import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { type Bench, bench } from "./test-core.ts";

const temporaryDirectory = temporaryDirectories();
const files = defaultRuntime().files!;

/** A tracker before whose eyes each file is harmed when it has been opened, and a file. */
async function harmed(harm: (path: string) => Promise<void>): Promise<Bench & { readonly path: string }> {
  const path = join(await temporaryDirectory(), "weights.bin");
  await writeFile(path, "x".repeat(1_000));
  const open = async (opened: string): Promise<Blob> => {
    const blob = await files.open(opened);
    await harm(opened);
    return blob;
  };
  return { ...bench({}, {}, manualRuntime({ files: { ...files, open } })), path };
}

test.each([
  ["grows", (path: string) => appendFile(path, "more")],
  ["shrinks", (path: string) => writeFile(path, "x")],
  ["goes", (path: string) => rm(path)],
])(
  "S2.4 logArtifact() and logInput() say the same in each runtime of a file that %s while it is read",
  async (_, harm) => {
    const { tracker, queue, path, problems } = await harmed(harm);
    const why = `${JSON.stringify(path)} as the file must not change while it is read, and did: log it again once it is written`;
    const error = await tracker
      .startRun()
      .logArtifact(path)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toBe(`Cannot log the artifact ${why}`);
    expect(queue.bodies.size).toBe(0);
    await writeFile(path, "x".repeat(1_000));
    tracker.startRun().logInput({ name: "data", data: path });
    await tracker.flush();
    expect(problems.map(({ message }) => message)).toEqual([
      `Cannot log the input "data" as its data cannot be read: ValidationError: Cannot log the data ${why}`,
    ]);
  },
);
