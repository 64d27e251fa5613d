import { describe, expect, test } from "vitest";
import { nameDigest, shardOf } from "../../src/claims/name-digest.ts";

describe("shardOf()", () => {
  test.each([
    ["claim 7", (n: number) => `claim ${n}`],
    ["sweep / lr=0.007", (n: number) => `sweep / lr=${n / 1000}`],
    ["job-000007", (n: number) => `job-${String(n).padStart(6, "0")}`],
  ])("spreads names such as %s over all lock runs", (_, name) => {
    const sizes = new Map<string, number>();
    for (let n = 0; n < 1000; n++) {
      const shard = shardOf(nameDigest(name(n)));
      sizes.set(shard, (sizes.get(shard) ?? 0) + 1);
    }
    expect(sizes.size).toBe(64);
    // 16 on average.
    expect(Math.max(...sizes.values())).toBeLessThan(32);
    for (const shard of sizes.keys()) expect(shard).toMatch(/^[0-3][0-9a-f]$/);
  });
});
