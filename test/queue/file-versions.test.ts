import { describe, expect, test } from "vitest";
import { ofFile } from "../../src/queue/chunk/file-body.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { DeliveryOptions } from "../../src/queue/types.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { afterDeath, type Harness, harness } from "./harness.ts";

const nothing = { points: 0, requests: 0 };
const timeout = { requestTimeout: 20_000 } satisfies DeliveryOptions;

interface Started extends Harness {
  readonly run: string;
  readonly uploads: string[];
  /** What the server has under a path. */
  file(path?: string): string | undefined;
  /** Nothing that is sent goes anywhere any more. */
  die(): void;
}

/** A queue whose uploads may fail by what they bring. */
async function started(
  fault: (text: string) => Response | "late" | "held" | Error | undefined,
  delivery: DeliveryOptions = timeout,
  storage: QueueStorage = memoryQueue(),
): Promise<Started> {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  const uploads: string[] = [];
  let isDead = false;
  const fetch = async (request: Request): Promise<Response> => {
    if (isDead) return new Promise(() => {});
    if (request.method !== "PUT") return oracle.fetch(request);
    const text = await request.clone().text();
    uploads.push(text);
    const found = fault(text);
    if (found instanceof Response) return found;
    if (found === undefined) return oracle.fetch(request);
    // It comes to the server later, whatever becomes of its sender.
    const late = new Request(request.url, { method: "PUT", headers: request.headers, body: text });
    if (found === "late" || found === "held") runtime.clock.after(10_000, () => void oracle.fetch(late));
    if (found === "held") return new Promise((_, reject) => request.signal.addEventListener("abort", reject));
    throw found === "late" ? new TypeError("fetch failed") : found;
  };
  const it = harness({ runtime, oracle, fetch, delivery, storage });
  const run = it.start("a");
  await runtime.clock.until(it.queue.flush());
  const file = (path = "last.ckpt"): string | undefined => {
    const bytes = oracle.named("a").artifacts.get(path);
    return bytes && new TextDecoder().decode(bytes);
  };
  const die = (): void => {
    isDead = true;
  };
  return { ...it, run, uploads, file, die };
}

/** Gives an answer to the first of them, so many times. */
function first<T>(times: number, answer: () => T): (text: string) => T | undefined {
  let left = times;
  return (text) => (text === "epoch 1" && left-- > 0 ? answer() : undefined);
}

const page = (status: number) => () => new Response("<html>no</html>", { status });

describe("Queue.logArtifact() of a path that was logged before", () => {
  test.each([
    ["is taken", 0, 500],
    ["was answered 500 twice", 2, 500],
    ["was answered 500 three times", 3, 500],
    ["was answered 500 for ever", 1e9, 500],
    ["was answered 409 by a proxy once", 1, 409],
    ["was answered 504 by a proxy four times", 4, 504],
  ])("leaves the last version when the first %s", async (_what, times, status) => {
    const it = await started(first(times, page(status)));
    for (const epoch of [1, 2, 3]) void it.queue.logArtifact(it.run, "last.ckpt", new Blob([`epoch ${epoch}`]));
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing, delivered: { requests: 4 } });
    await it.runtime.clock.advance(3_600_000);
    expect(it.file()).toBe("epoch 3");
    expect(await it.queue.receipt(it.run)).toMatchObject({
      lines: [{ kind: "artifact", key: "last.ckpt", logged: 3, acknowledged: 3 }],
    });
  });

  test("delivers it, other files and the end of the run within a minute, although the server never takes the first", async () => {
    const it = await started(first(1e9, page(500)));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    void it.queue.logArtifact(it.run, "other.bin", new Blob(["other"]));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    it.queue.logMetric(it.run, "loss", 1, 1, 1);
    it.queue.updateRun(it.run, { status: "FINISHED" });
    await it.runtime.clock.advance(60_000);
    expect([it.file(), it.file("other.bin")]).toEqual(["epoch 2", "other"]);
    expect(it.oracle.named("a")).toMatchObject({ status: "FINISHED", points: { size: 1 } });
    expect(it.queue.status().waiting).toEqual(nothing);
  });

  test("sends no older version when the storage fails while the newer one is acknowledged", async () => {
    const inner = memoryQueue();
    let left = 0;
    const storage = {
      ...inner,
      open: async () => {
        const store = await inner.open();
        const acknowledge = store.acknowledge.bind(store);
        store.acknowledge = async (...given) => {
          if (left-- > 0) throw new Error("disk");
          return acknowledge(...given);
        };
        return store;
      },
    };
    const it = harness({ storage });
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    left = 3;
    let puts = 0;
    it.oracle.fault = ({ method }) => (method === "PUT" && puts++ === 0 ? { status: 409 } : undefined);
    void it.queue.logArtifact(run, "last.ckpt", new Blob(["epoch 1"]));
    void it.queue.logArtifact(run, "last.ckpt", new Blob(["epoch 2"]));
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect(puts).toBe(2);
    expect(left).toBeLessThan(0);
    expect(new TextDecoder().decode(it.oracle.named("a").artifacts.get("last.ckpt"))).toBe("epoch 2");
  });
});

describe("Quarantine.retry() of an older version", () => {
  test("lets the newer one go over it that waits after a failure", async () => {
    let refusals = 3;
    const it = await started((text) => {
      if (text === "epoch 2") return refusals < 0 ? undefined : page(500)();
      return refusals-- > 0 ? Response.json({ error_code: "INVALID_PARAMETER_VALUE" }, { status: 400 }) : undefined;
    });
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ quarantined: { requests: 1 } });
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    await it.runtime.clock.advance(500);
    await (await it.queue.quarantine()).retry(undefined);
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, quarantined: nothing });
    expect(it.uploads.slice(-2)).toEqual(["epoch 1", "epoch 2"]);
    expect(it.file()).toBe("epoch 2");
  });
});

describe("Queue.logArtifact() while an older version may come late", () => {
  test("F45 leaves the newer one: it goes once more, and neither points nor the end of the run wait for that", async () => {
    const it = await started(first(1, () => "late" as const));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    await it.runtime.clock.until(it.queue.flush());
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    await it.runtime.clock.advance(1_000);
    it.queue.logMetric(it.run, "m", 1, 1, 1);
    it.queue.updateRun(it.run, { status: "FINISHED" });
    await it.runtime.clock.advance(3_000);
    expect(it.file()).toBe("epoch 2");
    expect(it.oracle.named("a")).toMatchObject({ status: "FINISHED", points: { size: 1 } });
    expect(it.queue.status().waiting).toEqual({ points: 0, requests: 1 });
    await it.runtime.clock.advance(8_000);
    expect(it.file()).toBe("epoch 1");
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect(it.file()).toBe("epoch 2");
    expect(it.uploads).toEqual(["epoch 1", "epoch 1", "epoch 2", "epoch 2"]);
    expect(it.runtime.clock.monotonic()).toBeLessThan(30_000);
  });

  test("sends only the last of many versions once more", async () => {
    const it = await started(first(1, () => "late" as const));
    for (let epoch = 1; epoch <= 80; epoch++) {
      void it.queue.logArtifact(it.run, "last.ckpt", new Blob([`epoch ${epoch}`]));
      await it.runtime.clock.advance(50);
    }
    await it.runtime.clock.advance(2_000);
    expect(it.queue.status().waiting).toEqual({ points: 0, requests: 1 });
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    await it.runtime.clock.advance(3_600_000);
    expect(it.file()).toBe("epoch 80");
    expect(it.uploads.filter((text) => text === "epoch 80")).toHaveLength(2);
    expect(it.uploads.filter((text) => text === "epoch 79")).toHaveLength(1);
  });

  test("counts it as delivered when its file has changed before it could go once more", async () => {
    const it = await started(first(1, () => "late" as const));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    await it.runtime.clock.until(it.queue.flush());
    let isUnchanged = true;
    const file = { path: "/last.ckpt", size: 7, modified: 1, inPlace: true, isUnchanged: async () => isUnchanged };
    void it.queue.logArtifact(it.run, "last.ckpt", ofFile(new Blob(["epoch 2"]), file));
    await it.runtime.clock.advance(1_000);
    isUnchanged = false;
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, quarantined: nothing });
    expect(it.problems.filter(({ kind }) => kind === "quarantined")).toEqual([]);
  });

  test.each([
    ["no connection came about", () => new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })],
    ["the server said itself that it failed", page(500)],
    ["a page of a proxy came with 409", page(409)],
  ])("does not send it once more when %s", async (_what, answer) => {
    const it = await started(first<Error | Response>(1, answer));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    await it.runtime.clock.until(it.queue.flush());
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect(it.uploads).toEqual(["epoch 1", "epoch 1", "epoch 2"]);
  });

  test.each([
    ["memory", { points: 0, requests: 0 }],
    ["a file", { points: 0, requests: 1 }],
  ])(
    "lets the program end at once, which tells nothing as lost, and keeps it for the next one in %s",
    async (where, kept) => {
      const storage = { ...memoryQueue(), durable: where === "a file" };
      const it = await started(
        first(1, () => new TypeError("fetch failed")),
        {},
        storage,
      );
      void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
      await it.runtime.clock.until(it.queue.flush());
      void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
      it.queue.updateRun(it.run, { status: "FINISHED" });
      const ends = it.runtime.clock.monotonic();
      expect(await it.runtime.clock.until(it.queue.close())).toMatchObject({ pending: nothing, unkept: nothing });
      expect(it.runtime.clock.monotonic() - ends).toBeLessThan(3_000);
      expect([it.file(), it.oracle.named("a").status]).toEqual(["epoch 2", "FINISHED"]);
      expect((await (await storage.open()).status()).waiting).toEqual(kept);
    },
  );

  test("F45 leaves the newer one after a page was frozen while the older one was on its way", async () => {
    const it = await started(first(1, () => "held" as const));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    await it.runtime.clock.advance(2_000);
    it.runtime.lifecycle.hide("frozen");
    await it.runtime.clock.advance(1_000);
    it.runtime.lifecycle.show();
    await it.runtime.clock.until(it.queue.flush());
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect([it.file(), it.uploads]).toEqual(["epoch 2", ["epoch 1", "epoch 1", "epoch 2", "epoch 2"]]);
  });

  test("F45 leaves the newer one that the next process logs after this one died with the older one on its way", async () => {
    const it = await started(first(1, () => "held" as const));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    await it.runtime.clock.advance(2_000);
    it.die();
    const next = harness({
      runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }),
      oracle: it.oracle,
      storage: await afterDeath(it.storage),
    });
    void next.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    expect(await it.runtime.clock.until(next.queue.flush())).toMatchObject({ pending: nothing });
    await it.runtime.clock.advance(300_000);
    expect(it.file()).toBe("epoch 2");
  });

  test("F45 leaves the newer one of the next process although the older one had passed what was stuck, and then it died", async () => {
    const it = await started(first(1, () => "held" as const));
    it.oracle.fault = ({ body }) => (JSON.stringify(body).includes('"odd"') ? { status: 500 } : undefined);
    it.queue.logParam(it.run, "odd", "1");
    await it.runtime.clock.advance(2_000);
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    while (it.uploads.length === 0) await it.runtime.clock.advance(1_000);
    it.die();
    it.oracle.fault = () => undefined;
    const next = harness({
      runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }),
      oracle: it.oracle,
      storage: await afterDeath(it.storage),
    });
    void next.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    expect(await it.runtime.clock.until(next.queue.flush())).toMatchObject({ pending: nothing });
    expect(it.oracle.named("a").params.get("odd")).toBe("1");
    await it.runtime.clock.advance(300_000);
    expect(it.file()).toBe("epoch 2");
  });

  test("lets nothing pass what is stuck before it while it waits to go once more", async () => {
    let refusals = 2;
    const it = await started(first<"late">(1, () => "late"));
    it.oracle.fault = ({ body }) => {
      const text = JSON.stringify(body);
      if (text.includes('"old"') && refusals-- > 0) return { status: 400, errorCode: "BAD_REQUEST" };
      return text.includes('"loss"') ? { status: 500 } : undefined;
    };
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 1"]));
    await it.runtime.clock.until(it.queue.flush());
    it.queue.setTag(it.run, "t", "old");
    await it.runtime.clock.until(it.queue.flush({ until: "durable" }));
    void it.queue.logArtifact(it.run, "last.ckpt", new Blob(["epoch 2"]));
    await it.runtime.clock.advance(100);
    it.queue.setTag(it.run, "t", "new");
    it.queue.logMetric(it.run, "loss", 1, 1, 1);
    it.queue.updateRun(it.run, { status: "FINISHED" });
    await it.runtime.clock.advance(60_000);
    // The points are never taken so far: the end has to wait for them.
    expect(it.uploads.filter((text) => text === "epoch 2")).toHaveLength(2);
    expect(it.oracle.named("a").tags.get("t")).toBe("new");
    expect(it.oracle.named("a").status).toBe("RUNNING");
    it.oracle.fault = () => undefined;
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, quarantined: nothing });
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });
});
