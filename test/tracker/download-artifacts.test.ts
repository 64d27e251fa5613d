import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import type { Files } from "../../src/runtime/ports/files.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { memoryFiles } from "./memory-files.ts";
import { bench } from "./test-core.ts";

const runId = "a".repeat(32);

/** The paths of Windows, where both slashes part names and `..` climbs. */
function windowsFiles(): Files & { readonly written: Map<string, Uint8Array> } {
  const normal = (path: string): string => {
    const out: string[] = [];
    for (const part of path.split(/[\\/]/)) {
      if (part === "..") out.pop();
      else if (part !== "" && part !== ".") out.push(part);
    }
    return out.join("\\");
  };
  const files = memoryFiles({});
  return {
    ...files,
    join: (...parts) => normal(parts.join("\\")),
    resolve: (path) => {
      const text = String(path);
      return /^[A-Z]:/.test(text) ? normal(text) : normal(`C:\\work\\${text}`);
    },
  };
}

function download(files: Files, paths: readonly string[], to: string): Promise<string> {
  const list = async (_: string, above?: string): Promise<object[]> =>
    above === undefined ? paths.map((path) => ({ path, isDirectory: false })) : [];
  const artifacts = { list, download: async () => new Response("x") };
  const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files }));
  return tracker.downloadArtifacts(runId, undefined, { to });
}

describe("downloadArtifacts()", () => {
  test.each([
    "..\\..\\evil.dll",
    "a\\..\\..\\evil.dll",
    "sub\\file",
    "C:evil",
    "D:\\evil",
    "file.txt:stream",
    "dir /x",
    ".. /x",
    "name.",
  ])("refuses the name %j of a server where it is more than a name", async (path) => {
    const files = windowsFiles();
    await expect(download(files, [path], "C:\\data")).rejects.toThrow(ValidationError);
    await expect(download(files, [path], "C:\\data")).rejects.toThrow("as its name must be that of a file below");
    expect([...files.written.keys()]).toEqual([]);
  });

  test.each([
    ["C:\\data", "C:\\data\\a.b\\c d.txt"],
    ["C:\\", "C:\\a.b\\c d.txt"],
    ["data", "C:\\work\\data\\a.b\\c d.txt"],
  ])("writes other names below %j with the separator of the platform", async (to, expected) => {
    const files = windowsFiles();
    await download(files, ["a.b/c d.txt"], to);
    expect([...files.written.keys()]).toEqual([expected]);
  });

  test.each(["/data", "/"])("takes such names as they are where they are only names: %j", async (to) => {
    const files = memoryFiles({});
    await download(files, ["..\\x", "C:y", "z. "], to);
    const above = to === "/" ? "/" : "/data/";
    expect([...files.written.keys()]).toEqual([`${above}..\\x`, `${above}C:y`, `${above}z. `]);
  });

  test("gives the local path of one artifact, and refuses it where it would lie elsewhere", async () => {
    const artifacts = { list: async () => [], download: async () => new Response("x") };
    const files = windowsFiles();
    const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files }));
    expect(await tracker.downloadArtifacts(runId, "m/w.bin", { to: "C:\\data" })).toBe("C:\\data\\m\\w.bin");
    await expect(tracker.downloadArtifacts(runId, "..\\w.bin", { to: "C:\\data" })).rejects.toThrow(ValidationError);
  });
});
