import { afterEach, describe, expect, test } from "vitest";
import { webHost } from "../../src/runtime/web-host.ts";

afterEach(() => {
  Reflect.deleteProperty(navigator, "gpu");
});

const give = (gpu: object): void => void Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });

describe("webHost.facts()", () => {
  test("tells what the browser does, and the WebGPU adapter by its fields", async () => {
    class Info {
      get vendor(): string {
        return "acme";
      }
      get architecture(): string {
        return "";
      }
    }
    give({ requestAdapter: async () => ({ info: new Info() }) });
    const { userAgent, cpu, gpu } = await webHost.facts();
    expect(userAgent).toContain("Chrome");
    expect(cpu?.cores).toBe(navigator.hardwareConcurrency);
    expect(gpu).toEqual({ vendor: "acme" });
  });

  test("tells no adapter where there is none, or asking fails", async () => {
    give({ requestAdapter: async () => null });
    expect(await webHost.facts()).not.toHaveProperty("gpu");
    give({ requestAdapter: () => Promise.reject(new Error("lost")) });
    expect(await webHost.facts()).not.toHaveProperty("gpu");
  });
});
