import { describe, expect, test } from "vitest";
import { ArtifactError, type ArtifactStore } from "../../../src/server/artifacts/artifact-store.ts";

/** What every backing of artifacts must do. `create` gives an empty store. */
export function artifactStoreContract(name: string, create: () => ArtifactStore | Promise<ArtifactStore>): void {
  describe(name, () => {
    test("keeps files below implied directories and lists them by code point", async () => {
      const store = await create();
      for (const path of ["1/r/b.txt", "1/r/a/x", "1/r/é", "1/r/🎉", "1/r/\ufffd", "1/r/B.txt", "1/other"])
        await store.write(path, bytes(path));
      expect((await store.list("1/r")).map((entry) => entry.name)).toEqual([
        "B.txt",
        "a",
        "b.txt",
        "é",
        "\ufffd",
        "🎉",
      ]);
      expect(await store.list("1/r/a")).toEqual([{ name: "x", isDirectory: false, size: 7 }]);
      expect(await store.list("")).toEqual([{ name: "1", isDirectory: true, size: 0 }]);
      expect(await text(store, "1/r/é")).toBe("1/r/é");
    });

    test("lists nothing for a file and for what is not there", async () => {
      const store = await create();
      await store.write("a/b", bytes("x"));
      expect(await store.list("a/b")).toEqual([]);
      expect(await store.list("a/b/c")).toEqual([]);
      expect(await store.list("nope")).toEqual([]);
      expect(await store.list("")).toHaveLength(1);
    });

    test("stat() tells files, directories and nothing apart, and the etag changes with the content", async () => {
      const store = await create();
      await store.write("d/f", bytes("one"));
      const first = await store.stat("d/f");
      expect(first).toMatchObject({ isDirectory: false, size: 3 });
      expect(await store.stat("d")).toMatchObject({ isDirectory: true, size: 0 });
      expect(await store.stat("d/none")).toBeUndefined();
      expect(await store.stat("d/f/below")).toBeUndefined();
      await store.write("d/f", bytes("other"));
      expect((await store.stat("d/f"))?.etag).not.toBe(first?.etag);
    });

    test("read() gives the bytes of a range, both ends included", async () => {
      const store = await create();
      await store.write("f", bytes("0123456789"));
      expect(await text(store, "f", { start: 2, end: 5 })).toBe("2345");
      expect(await text(store, "f", { start: 9, end: 9 })).toBe("9");
      expect(await text(store, "f")).toBe("0123456789");
      await expect(text(store, "none")).rejects.toMatchObject({ reason: "not-found" });
    });

    test("write() takes streams of known and unknown length, empty files and large ones", async () => {
      const store = await create();
      await store.write("unknown", stream(["ab", "", "cd"]));
      await store.write("known", stream(["ab", "cd"]), 4);
      await store.write("empty", bytes(""));
      await store.write("none", stream([]));
      const large = new Uint8Array(3_000_000).map((_, at) => at % 251);
      await store.write("large", large);
      expect([
        await text(store, "unknown"),
        await text(store, "known"),
        await text(store, "empty"),
        await text(store, "none"),
      ]).toEqual(["abcd", "abcd", "", ""]);
      const back = new Uint8Array(await new Response(await store.read("large")).arrayBuffer());
      expect(back.every((byte, at) => byte === at % 251) && back.byteLength).toBe(large.byteLength);
    });

    test("write() leaves all as it was when the stream breaks, ends early or goes on too long", async () => {
      const store = await create();
      await store.write("d/f", bytes("before"));
      const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          controller.enqueue(bytes("half"));
          controller.error(new TypeError("connection lost"));
        },
      });
      await expect(store.write("d/f", broken)).rejects.toThrow(/connection lost/);
      await expect(store.write("d/f", stream(["half"]), 10)).rejects.toMatchObject({ reason: "incomplete" });
      await expect(store.write("d/f", stream(["half", "more"]), 5)).rejects.toMatchObject({ reason: "incomplete" });
      await expect(store.write("new/deep/f", stream(["x"]), 2)).rejects.toBeInstanceOf(ArtifactError);
      expect(await text(store, "d/f")).toBe("before");
      expect(await store.list("d")).toHaveLength(1);
      expect(await store.list("")).toEqual([{ name: "d", isDirectory: true, size: 0 }]);
    });

    test("write() refuses a file where a directory is, a directory where a file is, and names that are too long", async () => {
      const store = await create();
      await store.write("d/f", bytes("x"));
      await expect(store.write("d", bytes("y"))).rejects.toMatchObject({ reason: "conflict" });
      await expect(store.write("d/f/below", bytes("y"))).rejects.toMatchObject({ reason: "conflict" });
      await expect(store.write(`${"é".repeat(128)}`, bytes("y"))).rejects.toMatchObject({ reason: "conflict" });
      expect(await text(store, "d/f")).toBe("x");
    });

    test("write() of one path by many at once leaves one of them whole", async () => {
      const store = await create();
      const contents = Array.from({ length: 8 }, (_, at) => String(at).repeat(100_000));
      await Promise.all(contents.map((content) => store.write("f", stream([content.slice(0, 10), content.slice(10)]))));
      expect(contents).toContain(await text(store, "f"));
      expect(await store.list("")).toHaveLength(1);
    });

    test("delete() takes a directory whole, and does nothing where there is none", async () => {
      const store = await create();
      await store.write("d/a/b", bytes("x"));
      await store.write("dd", bytes("y"));
      await store.delete("d");
      await store.delete("d");
      await store.delete("dd/below");
      expect((await store.list("")).map((entry) => entry.name)).toEqual(["dd"]);
    });

    test("refuses paths that no route gives", async () => {
      const store = await create();
      for (const path of ["../x", "a/../x", "/etc/x", "a//b", "a/./b", "a/", "x\0"]) {
        await expect(store.write(path, bytes("x"))).rejects.toMatchObject({ reason: "refused" });
        await expect(store.stat(path)).rejects.toMatchObject({ reason: "refused" });
        await expect(store.list(path)).rejects.toMatchObject({ reason: "refused" });
        await expect(store.delete(path)).rejects.toMatchObject({ reason: "refused" });
      }
    });
  });
}

/** UTF-8 bytes of a text. */
export function bytes(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

/** A stream of texts, one chunk each. */
export function stream(chunks: readonly string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[at++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(bytes(chunk));
    },
  });
}

async function text(store: ArtifactStore, path: string, range?: { start: number; end: number }): Promise<string> {
  return new Response(await store.read(path, range)).text();
}
