import { describe, expect, test } from "vitest";
import { NetworkError, ValidationError } from "../../src/errors/index.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { bench } from "./test-core.ts";

describe("logArtifact() of an address", () => {
  test("names the address, and what may be wrong, where no answer comes or it breaks off", async () => {
    const cause = new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) });
    const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) });
    const fetch = async (request: Request): Promise<Response> => {
      if (request.url.includes("cut")) return new Response(broken);
      throw cause;
    };
    const { tracker, queue } = bench({}, {}, manualRuntime({ fetch }));
    const run = tracker.startRun();
    const away = await run
      .logArtifact(new URL("https://data.test/a.bin?token=secret"))
      .catch((error: unknown) => error);
    expect(away).toBeInstanceOf(NetworkError);
    expect(away).toMatchObject({
      cause,
      message:
        "Cannot log the artifact https://data.test/a.bin as no answer came (ECONNREFUSED): is the address right, and its server running?",
    });
    await expect(run.logArtifact(new URL("https://data.test/cut.bin"))).rejects.toThrow(
      "Cannot log the artifact https://data.test/cut.bin as its answer broke off: is the address right",
    );
    expect(queue.bodies.size).toBe(0);
  });

  test("refuses one with a password, and names it without", async () => {
    const { tracker } = bench();
    const address = new URL("https://someone:s3cret@data.test/a.txt?token=t0ken");
    const error = await tracker.startRun().logArtifact(address).catch(String);
    expect(error).toMatch(/^ValidationError: .*https:\/\/data\.test\/a\.txt as its address must be without user name/);
    expect(error).not.toMatch(/s3cret|t0ken/);
  });

  test("fetches it and names the file by it", async () => {
    const fetch = async (request: Request): Promise<Response> =>
      request.url.endsWith("gone") ? new Response(null, { status: 404 }) : new Response(`bytes of ${request.url}`);
    const { tracker, queue } = bench({}, {}, manualRuntime({ fetch }));
    const run = tracker.startRun();
    await run.logArtifact(new URL("https://data.test/sets/train%20a.csv?x=1"), "data");
    expect([...queue.bodies.keys()]).toEqual(["data/train a.csv"]);
    await expect(run.logArtifact(new URL("https://data.test/gone"))).rejects.toThrow("its server answers 404");
  });

  test("names the file by its address as it stands where that has a plain percent sign, and fetches none whose name it cannot use", async () => {
    const fetched: string[] = [];
    const fetch = async ({ url }: Request): Promise<Response> => {
      fetched.push(url);
      return new Response("x");
    };
    const { tracker, queue } = bench({}, {}, manualRuntime({ fetch }));
    const run = tracker.startRun();
    await run.logArtifact(new URL("https://data.test/100%.png"), "plots");
    expect([...queue.bodies.keys()]).toEqual(["plots/100%.png"]);
    for (const path of ["%2e%2e%2fetc%2fpasswd", "a%2523b", "", "a%0ab"]) {
      await expect(run.logArtifact(new URL(`https://data.test/${path}`))).rejects.toThrow(
        "Cannot use the artifact path",
      );
    }
    await expect(run.logArtifact(new URL("https://data.test/a"), "../up")).rejects.toThrow(ValidationError);
    expect(fetched).toEqual(["https://data.test/100%.png"]);
  });

  test.each([
    [
      "that says so",
      new Response("x".repeat(11), { headers: { "content-length": "11" } }),
      "current value is 11 bytes",
    ],
    ["that does not", new Response(new Blob(["x".repeat(11)]).stream()), "current value is more; download it"],
    [
      "whose length is of its coding",
      new Response("x".repeat(11), { headers: { "content-length": "5", "content-encoding": "br" } }),
      "current value is more",
    ],
  ])("holds no answer in memory that the queue has no room for, %s", async (_, answer, words) => {
    const fetch = async (): Promise<Response> => answer;
    const { tracker, queue } = bench({ delivery: { maxStoredBytes: 10 } }, {}, manualRuntime({ fetch }));
    const log = tracker.startRun().logArtifact(new URL("https://data.test/a.bin?token=secret"));
    await expect(log).rejects.toThrow(
      "Cannot log the artifact https://data.test/a.bin as it must have at most 10 bytes (delivery.maxStoredBytes)",
    );
    await expect(log).rejects.toThrow(words);
    expect(queue.bodies.size).toBe(0);
  });

  test("takes an answer as large as there is room, with its type", async () => {
    const headers = { "content-type": "text/csv", "content-length": "10" };
    const fetch = async (): Promise<Response> => new Response("x".repeat(10), { headers });
    const { tracker, queue } = bench({ delivery: { maxStoredBytes: 10 } }, {}, manualRuntime({ fetch }));
    await tracker.startRun().logArtifact(new URL("https://data.test/a.csv"));
    expect(queue.bodies.get("a.csv")).toMatchObject({ size: 10, type: expect.stringMatching(/^text\/csv/) });
  });
});
