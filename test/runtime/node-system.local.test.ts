import { describe, expect, test } from "vitest";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import { nodeFigures } from "../../src/runtime/node-system.ts";

describe("nodeFigures()", () => {
  test("tells of processors, memory, disk and this process", async () => {
    const { cpu, memory, processMemory, disk } = (await defaultRuntime().system?.figures()) ?? {};
    expect(cpu?.total).toBeGreaterThan(cpu?.busy ?? Number.POSITIVE_INFINITY);
    expect(memory?.total).toBeGreaterThan(memory?.used ?? Number.POSITIVE_INFINITY);
    expect(processMemory).toBeGreaterThan(1e6);
    expect(disk?.used).toBeGreaterThan(0);
  });

  test("asks the host for nothing that was not permitted", async () => {
    const figures = await nodeFigures(() => false);
    expect(Object.keys(figures)).toEqual(["processMemory"]);
  });
});
