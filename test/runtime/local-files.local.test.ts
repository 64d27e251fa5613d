import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";

const files = defaultRuntime().files!;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracklet-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("Runtime.files", () => {
  test("write() makes parents and leaves nothing but the file", async () => {
    const path = files.join(folder, "a", "b", "c.txt");
    await files.write(path, "first");
    await files.write(path, new TextEncoder().encode("second"));
    expect(await files.readText(path)).toBe("second");
    expect(await readdir(join(folder, "a", "b"))).toEqual(["c.txt"]);
  });

  test("write() keeps the old file whole when the data breaks off", async () => {
    const path = files.join(folder, "kept.txt");
    await files.write(path, "whole");
    let sent = false;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) return controller.error(new Error("cut"));
        sent = true;
        controller.enqueue(new Uint8Array(3));
      },
    });
    await expect(files.write(path, broken)).rejects.toThrow("cut");
    expect(await files.readText(path)).toBe("whole");
    expect(await readdir(folder)).toEqual(["kept.txt"]);
  });

  test("write() takes a stream", async () => {
    const path = files.join(folder, "streamed");
    await files.write(path, new Blob(["ab", "cd"]).stream());
    expect(await files.readText(path)).toBe("abcd");
  });

  test("open() gives a Blob of the file's bytes", async () => {
    const path = files.join(folder, "blob.bin");
    await writeFile(path, new Uint8Array([1, 2, 3, 4]));
    const blob = await files.open(path);
    expect(blob).toBeInstanceOf(Blob);
    expect(blob.size).toBe(4);
    expect([...new Uint8Array(await blob.slice(1, 3).arrayBuffer())]).toEqual([2, 3]);
    await expect(files.open(files.join(folder, "none"))).rejects.toThrow();
  });

  test("stat() tells files, directories and nothing apart", async () => {
    await writeFile(join(folder, "f"), "12345");
    expect(await files.stat(join(folder, "f"))).toMatchObject({ isFile: true, isDirectory: false, size: 5 });
    expect(await files.stat(folder)).toMatchObject({ isFile: false, isDirectory: true });
    expect(await files.stat(join(folder, "none"))).toBeUndefined();
    expect(await files.stat(join(folder, "f", "below"))).toBeUndefined();
  });

  test("list() sorts and does not follow links", async () => {
    await writeFile(join(folder, "b"), "");
    await writeFile(join(folder, "B"), "");
    await files.makeDirectory(join(folder, "a"));
    await symlink(folder, join(folder, "loop"));
    expect(await files.list(folder)).toEqual([
      { name: "B", isDirectory: false, isFile: true },
      { name: "a", isDirectory: true, isFile: false },
      { name: "b", isDirectory: false, isFile: true },
      { name: "loop", isDirectory: false, isFile: false },
    ]);
  });

  test("readTextSync() gives undefined for what is not there", async () => {
    await writeFile(join(folder, "HEAD"), "ref: refs/heads/main\n");
    expect(files.readTextSync(join(folder, "HEAD"))).toBe("ref: refs/heads/main\n");
    expect(files.readTextSync(join(folder, "none"))).toBeUndefined();
    expect(files.readTextSync(folder)).toBeUndefined();
  });

  test("resolve() takes paths and file: addresses", () => {
    expect(files.resolve(pathToFileURL(join(folder, "ä b")))).toBe(join(folder, "ä b"));
    expect(files.resolve(pathToFileURL(join(folder, "c")).href)).toBe(join(folder, "c"));
    expect(files.resolve(join(folder, "d", "..", "e"))).toBe(join(folder, "e"));
    expect(files.basename(join(folder, "e.txt"))).toBe("e.txt");
  });
});
