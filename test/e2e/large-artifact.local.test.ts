import { expect, test, vi } from "vitest";
import { largeArtifact } from "../../bench/large-artifact.ts";

vi.setConfig({ testTimeout: 60_000 });

// The long form, a gigabyte, is `npm run bench -- large-artifact`.
test.each([
  ["in this process", "call"],
  ["over a socket", "socket"],
] as const)(
  "S2.4 logArtifact() and downloadArtifacts() stream a large file %s: its bytes come back, memory does not grow with it",
  async (_, over) => {
    const { equal, grown, serverGrown } = await largeArtifact(128, over);
    expect(equal).toBe(true);
    expect(grown).toBeLessThan(100);
    expect(serverGrown).toBeLessThan(100);
  },
);
