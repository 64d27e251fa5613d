import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { folderArtifacts } from "../../../src/server/artifacts/folder.ts";
import { artifactStoreContract, bytes, stream } from "./store-contract.ts";

const base = mkdtempSync(join(tmpdir(), "tracklet-artifacts-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(base, `store-${count++}`, "mlruns");

artifactStoreContract("folderArtifacts()", () => folderArtifacts(fresh()));

describe("folderArtifacts() on disk", () => {
  test("makes its folder with the first upload, and reads before that as empty", async () => {
    const directory = fresh();
    const store = folderArtifacts(directory);
    expect(await store.list("")).toEqual([]);
    expect(await store.stat("a")).toBeUndefined();
    await store.delete("a");
    await store.write("1/r/artifacts/a.txt", bytes("x"));
    expect(readFileSync(join(directory, "1/r/artifacts/a.txt"), "utf8")).toBe("x");
  });

  test("follows no link out of the folder: not to read, list, write through, nor delete behind", async () => {
    const directory = fresh();
    const outside = join(base, `outside-${count}`);
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "s");
    mkdirSync(directory, { recursive: true });
    symlinkSync(outside, join(directory, "out"));
    symlinkSync(join(outside, "secret"), join(directory, "file"));
    symlinkSync(join(outside, "not-yet"), join(directory, "dangling"));
    const store = folderArtifacts(directory);
    for (const path of ["out/secret", "file", "out", "dangling"]) {
      await expect(store.stat(path)).rejects.toMatchObject({ reason: "refused" });
      await expect(store.read(path)).rejects.toMatchObject({ reason: "refused" });
      await expect(store.write(path, bytes("x"))).rejects.toMatchObject({ reason: "refused" });
    }
    await expect(store.write("out/new/deep", bytes("x"))).rejects.toMatchObject({ reason: "refused" });
    await expect(store.list("out")).rejects.toMatchObject({ reason: "refused" });
    await expect(store.delete("out/secret")).rejects.toMatchObject({ reason: "refused" });
    expect(await store.list("")).toEqual([]);
    await store.delete("out");
    await store.delete("file");
    expect(readdirSync(outside)).toEqual(["secret"]);
    expect(readdirSync(directory)).toEqual(["dangling"]);
  });

  test("follows links that stay inside, and a folder that is a link itself", async () => {
    const directory = fresh();
    mkdirSync(join(directory, "real"), { recursive: true });
    symlinkSync(join(directory, "real"), join(directory, "same"));
    const link = join(base, `link-${count}`);
    symlinkSync(directory, link);
    const store = folderArtifacts(link);
    await store.write("same/a", bytes("x"));
    expect(readFileSync(join(directory, "real/a"), "utf8")).toBe("x");
    expect(await new Response(await store.read("real/a")).text()).toBe("x");
  });

  test("shows no file that is being written, and leaves none behind when the upload breaks", async () => {
    const directory = fresh();
    const store = folderArtifacts(directory);
    const halfWritten = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    let pulls = 0;
    const slow = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller) {
          pulls += 1;
          if (pulls === 1) return controller.enqueue(bytes("half"));
          halfWritten.resolve(); // asked for more only once the first half is in the file
          await finish.promise;
          controller.error(new Error("gone"));
        },
      },
      { highWaterMark: 0 },
    );
    const upload = store.write("a/b", slow);
    upload.catch(() => {});
    await halfWritten.promise;
    expect(readdirSync(join(directory, "a"))).toHaveLength(1);
    expect(await store.list("a")).toEqual([]);
    finish.resolve();
    await expect(upload).rejects.toThrow(/gone/);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each(["write", "list"] as const)(
    "removes what uploads that broke off a day ago left in a directory (%s)",
    async (how) => {
      const directory = fresh();
      mkdirSync(join(directory, "run"), { recursive: true });
      const hours = (count: number): Date => new Date(Date.now() - count * 3_600_000);
      for (const [name, age] of [
        [".tracklet-1-1.part", 25],
        [".tracklet-1-2.part", 23],
        [".tracklet-1-1.part.txt", 25],
        ["old.txt", 25],
      ] as const) {
        writeFileSync(join(directory, "run", name), "x");
        utimesSync(join(directory, "run", name), hours(age), hours(age));
      }
      const store = folderArtifacts(directory);
      if (how === "write") await store.write("run/old.txt", bytes("y"));
      else expect((await store.list("run")).map(({ name }) => name)).toEqual([".tracklet-1-1.part.txt", "old.txt"]);
      expect(readdirSync(join(directory, "run")).sort()).toEqual([
        ".tracklet-1-1.part.txt",
        ".tracklet-1-2.part",
        "old.txt",
      ]);
    },
  );

  test("keeps a reader on the content that it began with", async () => {
    const store = folderArtifacts(fresh());
    const old = new Uint8Array(1_000_000).fill(1);
    await store.write("f", old);
    const reader = (await store.read("f")).getReader();
    let size = (await reader.read()).value?.byteLength ?? 0;
    await store.write("f", stream(["newer"]));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      expect(value.every((byte) => byte === 1)).toBe(true);
      size += value.byteLength;
    }
    expect(size).toBe(old.byteLength);
  });

  test("gives nothing of a file that was replaced before the first byte was read", async () => {
    const store = folderArtifacts(fresh());
    await store.write("f", bytes("old"));
    const replaced = await store.read("f", { start: 0, end: 2 });
    await store.write("f", bytes("newer"));
    await expect(new Response(replaced).text()).rejects.toThrow('Cannot read "f" as it was replaced meanwhile');
    const gone = await store.read("f");
    await store.delete("f");
    await expect(new Response(gone).text()).rejects.toThrow("No such artifact: 'f'");
  });

  test.skipIf(!existsSync("/proc/self/fd"))("holds no file open before it is read (told by /proc)", async () => {
    const directory = fresh();
    const store = folderArtifacts(directory);
    await store.write("f", bytes("x"));
    const opened = (): number =>
      readdirSync("/proc/self/fd").filter((descriptor) => {
        try {
          return readlinkSync(`/proc/self/fd/${descriptor}`).includes(directory);
        } catch {
          return false; // the descriptor of the listing itself
        }
      }).length;
    const unread = await store.read("f");
    expect(opened()).toBe(0);
    await unread.cancel();
    const reader = (await store.read("f")).getReader();
    await reader.read();
    expect(opened()).toBe(1);
    await reader.cancel();
    expect(opened()).toBe(0);
  });

  test("lets go of the file when a reader stops", async () => {
    const store = folderArtifacts(fresh());
    await store.write("f", new Uint8Array(1_000_000));
    const reader = (await store.read("f")).getReader();
    await reader.read();
    await reader.cancel();
    await store.delete("f");
    expect(await store.stat("f")).toBeUndefined();
  });
});
