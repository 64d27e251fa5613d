import { expect, test, vi } from "vitest";
import type { LargeArtifact } from "../../bench/large-artifact.ts";
import { startProgram } from "../support/start-program.ts";

vi.setConfig({ testTimeout: 60_000 });

const program = new URL("./programs/large-artifact.ts", import.meta.url);

// The long form, a gigabyte, is `npm run bench -- large-artifact`.
test.each([
  ["in one process with the store", "call"],
  ["over a socket", "socket"],
] as const)(
  "S2.4 logArtifact() and downloadArtifacts() stream a large file %s: its bytes come back, memory does not grow with it",
  async (_, over) => {
    const { stdout, stderr } = await startProgram(program, ["128", over]).end;
    const { equal, grown, serverGrown }: LargeArtifact = JSON.parse(stdout.split("\n").at(-2) ?? stderr);
    expect(equal).toBe(true);
    expect(grown).toBeLessThan(100);
    expect(serverGrown).toBeLessThan(100);
  },
);
