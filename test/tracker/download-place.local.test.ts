import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/index.ts";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { bench } from "./test-core.ts";

const temporaryDirectory = temporaryDirectories();
const runId = "a".repeat(32);

/** All names below a directory: runtimes read them in an order of their own. */
async function below(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}

/** A run with `file.txt` and `deep/er/file.txt`, and what was asked for of it. */
function stored(): { readonly tracker: ReturnType<typeof bench>["tracker"]; readonly asked: string[] } {
  const tree: Record<string, object[]> = {
    "": [
      { path: "deep", isDirectory: true },
      { path: "file.txt", isDirectory: false },
    ],
    deep: [{ path: "deep/er", isDirectory: true }],
    "deep/er": [{ path: "deep/er/file.txt", isDirectory: false }],
  };
  const asked: string[] = [];
  const artifacts = {
    list: async (_: string, path = "") => tree[path] ?? [],
    download: async (_: string, path: string) => {
      asked.push(path);
      return new Response("content");
    },
  };
  const { files } = defaultRuntime();
  const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files: files! }));
  return { tracker, asked };
}

describe("downloadArtifacts() of what is not there", () => {
  test.each([
    ["a run", undefined],
    ["a path", "none.txt"],
    ["a path in a folder", "deep/none.txt"],
  ])("leaves no folder behind: %s", async (what, path) => {
    const above = await temporaryDirectory();
    const { files } = defaultRuntime();
    const missing = async (): Promise<never> => {
      throw new Error("404");
    };
    const artifacts = { list: what === "a run" ? missing : async () => [], download: missing };
    const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files: files! }));
    await expect(tracker.downloadArtifacts(runId, path, { to: join(above, "to") })).rejects.toThrow("404");
    expect(await readdir(above)).toEqual([]);
  });

  test("makes the folder of a run without artifacts", async () => {
    const to = join(await temporaryDirectory(), "to");
    const { files } = defaultRuntime();
    const artifacts = { list: async () => [] };
    const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files: files! }));
    expect(await tracker.downloadArtifacts(runId, undefined, { to })).toBe(to);
    expect(await readdir(to)).toEqual([]);
  });
});

describe("S2.4 downloadArtifacts() onto a place that is taken", () => {
  test.each([
    ["file.txt", "a directory is in the way of the file", "file.txt"],
    ["deep", "a file is in the way of the directory", undefined],
    ["deep", "a file is in the way of the directory", "deep/er/file.txt"],
    ["", "a file is in the way of the directory", "file.txt"],
  ])("by %j names it and the cure, asks for no file and leaves none behind: %s", async (name, words, path) => {
    const to = join(await temporaryDirectory(), "to");
    const place = name === "" ? to : join(to, name);
    if (name === "file.txt") await mkdir(place, { recursive: true });
    else {
      await mkdir(join(place, ".."), { recursive: true });
      await writeFile(place, "mine");
    }
    const before = await below(join(to, ".."));
    const { tracker, asked } = stored();
    const error = await tracker.downloadArtifacts(runId, path, { to }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({
      fault: "denied",
      message: `Cannot download artifacts to "${to}" as ${words} "${place}": move it away, or download to another directory`,
    });
    expect(asked).toEqual([]);
    expect(await below(join(to, ".."))).toEqual(before);
  });

  test("below a file names the file", async () => {
    const above = join(await temporaryDirectory(), "above");
    await writeFile(above, "mine");
    const error = stored().tracker.downloadArtifacts(runId, "file.txt", { to: join(above, "in", "it") });
    await expect(error).rejects.toThrow(`a file is in the way of the directory "${above}"`);
  });

  test("writes over a file of the same name", async () => {
    const to = await temporaryDirectory();
    await writeFile(join(to, "file.txt"), "old");
    await stored().tracker.downloadArtifacts(runId, undefined, { to });
    expect(await defaultRuntime().files?.readText(join(to, "file.txt"))).toBe("content");
  });
});
