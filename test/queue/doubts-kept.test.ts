import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { afterDeath, type Harness, harness } from "./harness.ts";

const LATE = 60_000;

/** What happens to a request that changes tags, the first being number 1: it comes late, its answer is lost, or it is refused. */
type Fate = "late" | "unheard" | "refused" | undefined;

interface Died {
  readonly next: Harness;
  /** What the server has under a key. */
  tag(key: string): string | undefined;
  /** The same long after the next process has set it to "v3". */
  outlast(key: string): Promise<string | undefined>;
}

/** A process that dies once `isOver` says so of a request, and the next one on its queue. */
async function died(
  write: (it: Harness, run: string) => void,
  fate: (tries: number, body: string) => Fate,
  isOver: (tries: number, body: string) => boolean = () => false,
): Promise<Died> {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  const storage = { ...memoryQueue(), durable: true };
  let tries = 0;
  let isDead = false;
  const fetch = async (request: Request): Promise<Response> => {
    if (isDead) return new Promise(() => {});
    const { url, headers } = request;
    const body = await request.clone().text();
    if (!/delete-tag|log-batch|set-tag/.test(url)) return oracle.fetch(request);
    isDead = isOver(++tries, body);
    if (isDead) return new Promise(() => {});
    const met = fate(tries, body);
    if (met === "refused") return Response.json({ error_code: "INVALID_PARAMETER_VALUE" }, { status: 400 });
    if (met === undefined) return oracle.fetch(request);
    const copy = new Request(url, { method: "POST", headers, body });
    if (met === "late") runtime.clock.after(LATE, () => void oracle.fetch(copy));
    else await oracle.fetch(copy);
    throw new TypeError("fetch failed");
  };
  const it = harness({ runtime, oracle, storage, fetch });
  const run = it.start("a", { tags: { k: "v1", l: "v1" } });
  await runtime.clock.until(it.queue.flush());
  write(it, run);
  await runtime.clock.advance(30_000);
  isDead = true;
  const other = manualRuntime({ clock: runtime.clock, seed: 2 });
  const next = harness({ runtime: other, oracle, storage: await afterDeath(storage) });
  const tag = (key: string): string | undefined => oracle.named("a").tags.get(key);
  const outlast = async (key: string): Promise<string | undefined> => {
    next.queue.setTag(run, key, "v3");
    await runtime.clock.until(next.queue.flush());
    await runtime.clock.advance(10 * LATE);
    return tag(key);
  };
  return { next, tag, outlast };
}

describe("Queue of the next process, while a write of one that died may come late", () => {
  test("F45 leaves the tag that is set after a deletion that the server had done (404)", async () => {
    const { tag, outlast } = await died(
      ({ queue }, run) => queue.deleteTag(run, "k"),
      (tries) => (["late", "unheard"] as const)[tries - 1],
    );
    expect(tag("k")).toBeUndefined();
    expect(await outlast("k")).toBe("v3");
  });

  test("F45 leaves the tag that is set after one that was set aside", async () => {
    const { next, outlast } = await died(
      ({ queue }, run) => queue.setTag(run, "k", "v2"),
      (tries) => (tries === 1 ? "late" : "refused"),
    );
    await next.runtime.clock.until(next.queue.flush());
    expect(next.queue.status().quarantined).toEqual({ points: 0, requests: 1 });
    expect(await outlast("k")).toBe("v3");
  });

  test("F45 leaves the tag that is set after one that was sent with others and then divided from them", async () => {
    const { next, tag, outlast } = await died(
      ({ queue }, run) => {
        queue.setTag(run, "k", "v2");
        queue.setTag(run, "l", "v2");
      },
      (tries) => (tries === 1 ? "late" : "refused"),
      (_, body) => !(body.includes('"k"') && body.includes('"l"')),
    );
    await next.runtime.clock.until(next.queue.flush());
    expect([tag("k"), tag("l")]).toEqual(["v2", "v2"]);
    expect(await outlast("l")).toBe("v3");
  });
});
