import { describe, expect, test } from "vitest";
import { HttpError, ValidationError } from "../../src/errors/index.ts";
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

  /** A server of one file that breaks off where it is told, and what it was asked for. */
  function brokenServer(
    content: string,
    breaks: readonly number[],
    { ranges = true, etag = () => '"1"' }: { ranges?: boolean; etag?: (n: number) => string } = {},
  ): { readonly artifacts: object; readonly asked: (number | undefined)[] } {
    const asked: (number | undefined)[] = [];
    const download = async (_: string, __: string, options: { range?: { start: number } }): Promise<Response> => {
      const n = asked.push(options.range?.start) - 1;
      const start = ranges ? (options.range?.start ?? 0) : 0;
      const rest = new TextEncoder().encode(content.slice(start));
      const stop = breaks[n];
      const chunks = [stop === undefined ? rest : rest.subarray(0, stop - start)].filter(({ length }) => length > 0);
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            const chunk = chunks.shift();
            if (chunk !== undefined) controller.enqueue(chunk);
            else if (stop === undefined) controller.close();
            else controller.error(new TypeError("terminated"));
          },
        },
        { highWaterMark: 0 },
      );
      const part = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
      const whole = { "content-length": String(content.length) };
      const status = start > 0 ? 206 : 200;
      return new Response(body, { status, headers: { etag: etag(n), ...(status === 206 ? part : whole) } });
    };
    return { artifacts: { list: async () => [{ path: "a.bin", isDirectory: false }], download }, asked };
  }

  test("S2.4 says that the file has changed when the rest of it is not there any more", async () => {
    const { artifacts } = brokenServer("0123456789", [4]);
    const { download: first } = artifacts as { download: (...call: unknown[]) => Promise<Response> };
    const facts = { status: 416, errorCode: undefined, serverMessage: "", request: { method: "GET", url: "" } };
    const download = async (...call: unknown[]): Promise<Response> => {
      if ((call[2] as { range?: object }).range !== undefined) throw new HttpError("416", facts);
      return first(...call);
    };
    const { tracker } = bench(
      {},
      { artifacts: { ...artifacts, download } } as never,
      manualRuntime({ files: memoryFiles({}) }),
    );
    await expect(tracker.downloadArtifacts(runId, "a.bin", { to: "/d" })).rejects.toThrow(
      "has changed: download it again",
    );
  });

  test("S2.4 goes on where it was interrupted, with the bytes that are missing", async () => {
    const files = memoryFiles({});
    const { artifacts, asked } = brokenServer("0123456789", [4, 7]);
    const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files }));
    await tracker.downloadArtifacts(runId, "a.bin", { to: "/d" });
    expect(asked).toEqual([undefined, 4, 7]);
    expect(new TextDecoder().decode(files.written.get("/d/a.bin"))).toBe("0123456789");
  });

  test("drops what has come where a server sends the whole file again", async () => {
    const files = memoryFiles({});
    const { artifacts, asked } = brokenServer("0123456789", [4, 7], { ranges: false });
    const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files }));
    await tracker.downloadArtifacts(runId, "a.bin", { to: "/d" });
    expect(asked).toEqual([undefined, 4, 7]);
    expect(new TextDecoder().decode(files.written.get("/d/a.bin"))).toBe("0123456789");
  });

  test("writes nothing of a file that has changed between two requests", async () => {
    const files = memoryFiles({});
    const { artifacts } = brokenServer("0123456789", [4], { etag: (n) => `"${n}"` });
    const { tracker } = bench({}, { artifacts } as never, manualRuntime({ files }));
    await expect(tracker.downloadArtifacts(runId, "a.bin", { to: "/d" })).rejects.toThrow("has changed");
    expect(files.written.size).toBe(0);
  });

  test("gives up after five interruptions without a byte between them", async () => {
    const files = memoryFiles({});
    const { artifacts, asked } = brokenServer("0123456789", [4, 4, 4, 4, 4, 4, 4, 4]);
    const runtime = manualRuntime({ files });
    const { tracker } = bench({}, { artifacts } as never, runtime);
    const failed = tracker.downloadArtifacts(runId, "a.bin", { to: "/d" }).then(
      () => "written",
      (error: unknown) => String(error),
    );
    for (let n = 0; n < 20; n++) await runtime.clock.advance(10_000);
    expect(await failed).toContain("terminated");
    expect(asked).toHaveLength(6);
    expect(files.written.size).toBe(0);
  });

  test("shows on a terminal how far a long download is, and nothing elsewhere", async () => {
    for (const interactive of [true, false]) {
      const files = memoryFiles({});
      const runtime = manualRuntime({ files });
      const said: string[] = [];
      const terminal = { interactive, columns: () => 80, writeError: (text: string) => void said.push(text) };
      const { artifacts } = brokenServer("0123456789", [5]);
      const download = artifacts as { download: (...args: unknown[]) => Promise<Response> };
      const slow = {
        ...artifacts,
        download: async (...args: unknown[]) => {
          const response = await download.download(...args);
          await runtime.clock.advance(2000);
          return response;
        },
      };
      const { tracker } = bench({}, { artifacts: slow } as never, { ...runtime, terminal });
      await tracker.downloadArtifacts(runId, "a.bin", { to: "/d" });
      expect(said).toEqual(
        interactive ? ["\r\u001b[K50 % of 0.0 MB  a.bin", "\r\u001b[K100 % of 0.0 MB  a.bin", "\r\u001b[K"] : [],
      );
    }
  });
});
