import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { fileOf, ofFile } from "../../src/queue/chunk/file-body.ts";
import { reportedBody } from "../../src/queue/send/reported-body.ts";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { transferProgress } from "../../src/queue/send/transfer-progress.ts";
import { ManualClock } from "../support/manual-clock.ts";

interface Terminal {
  readonly runtime: Pick<Runtime, "name" | "terminal" | "clock">;
  readonly shown: string[];
}

/** A terminal on which each look at the clock is a second later. */
function slowTerminal(interactive: boolean): Terminal {
  const shown: string[] = [];
  let now = 0;
  const clock = Object.assign(new ManualClock(), { monotonic: () => (now += 1_000) });
  const terminal = { interactive, columns: () => 60, writeError: (text: string) => void shown.push(text) };
  return { runtime: { name: detectRuntime(), terminal, clock }, shown };
}

/** Bytes that arrive over a socket, and the length that was said before. */
async function sent(body: Blob): Promise<[bytes: number, length: string | undefined]> {
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (part: Uint8Array) => (bytes += part.length));
    request.on("end", () => response.end(JSON.stringify([bytes, request.headers["content-length"]])));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const reply = await fetch(new Request(`http://127.0.0.1:${port}/`, { method: "PUT", body }));
    return (await reply.json()) as [number, string];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const size = 9 * 2 ** 20;

test("S2.4 reportedBody() shows on a terminal how much of a large upload was taken, and sends it with its length", async () => {
  const { runtime, shown } = slowTerminal(true);
  const blob = new Blob([new Uint8Array(size)], { type: "application/x-weights" });
  const { body, end } = reportedBody(blob, "model/w.bin", runtime);
  expect([body.size, body.type, await body.slice(2, 5).text()]).toEqual([size, blob.type, "\0\0\0"]);
  expect(await sent(body)).toEqual([size, String(size)]);
  end();
  // Bun reads a body by itself.
  if (detectRuntime() === "bun") return expect(shown).toEqual([]);
  expect(shown.at(0)).toMatch(/^\r\u001b\[K\d+ % of 9\.4 MB {2}sending model\/w\.bin$/);
  expect(shown.at(-2)).toContain("100 % of 9.4 MB");
  expect(shown.at(-1)).toBe("\r\u001b[K");
});

test("S2.4 reportedBody() leaves a body as it is that is small, or where there is no terminal", async () => {
  const small = new Blob(["x"]);
  expect(reportedBody(small, "a", slowTerminal(true).runtime).body).toBe(small);
  const large = new Blob([new Uint8Array(size)]);
  expect(reportedBody(large, "a", slowTerminal(false).runtime).body).toBe(large);
});

test("S2.4 reportedBody() is of the same file", () => {
  const file = { path: "/w", size, modified: 1, inPlace: true, isUnchanged: async () => true };
  const blob = ofFile(new Blob([new Uint8Array(size)]), file);
  expect(fileOf(reportedBody(blob, "a", slowTerminal(true).runtime).body)).toBe(file);
});

test("S2.4 transferProgress() says nothing of what is quick, and cuts a line that is too long", () => {
  const { runtime, shown } = slowTerminal(true);
  const quick = transferProgress({ ...runtime, clock: new ManualClock() });
  quick.show("a.bin", 1, 2);
  quick.end();
  expect(shown).toEqual([]);
  const slow = transferProgress(runtime);
  slow.show("x".repeat(100), 5_000_000, undefined);
  expect(shown[0]?.length).toBeLessThan(64);
  expect(shown[0]).toContain("5.0 MB");
});
