import { describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { commandOf, type KilledRuntime } from "../kill/runtimes.ts";
import { startServer } from "../kill/server-process.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { race } from "./race.ts";

const directory = temporaryDirectories();
const command = commandOf(detectRuntime() as KilledRuntime);

describe("claim(), by processes of one machine,", () => {
  test("has one committed result for each name, also with lost answers, a killed holder and one that stood still beyond its lease", async () => {
    const server = await startServer(command, await directory());
    try {
      const problems = await race({
        trackingUri: server.url,
        command,
        processes: 4,
        claims: 12,
        lease: 2000,
        timeout: 3000,
        lost: 5,
      });
      expect(problems).toEqual([]);
    } finally {
      await server.stop();
    }
  }, 120_000);
});
