import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import { type ContractBench, draft } from "./bench.ts";

/** What a storage must know however long ago it was written. */
export function retentionContract({ check, expect }: ContractBench): void {
  /** A run as a process left it that died in 1970: it is on the server, open, and nothing of it waits. */
  const leave = async (store: QueueStore, writer: string, run: string): Promise<void> => {
    const old = (sequence: number, more: Partial<ChunkDraft>): ChunkDraft => draft(sequence, { run, at: 5, ...more });
    const create = old(1, { kind: "create", opens: true });
    const [created] = await store.append(writer, [create], new Map([[run, { tags: { of: run } }]]));
    const term = await store.beginTerm();
    await store.acknowledge(created!.order, term, { localId: run, runId: `server-${run}`, experimentId: "1" });
    const lines = new TextEncoder().encode(run);
    const [last] = await store.append(writer, [old(2, {})], undefined, [{ run, bucket: 1, lines }]);
    await store.acknowledge(last!.order, term);
  };

  check("open() forgets no run that is open, nor its writer, however old they are", async (store, again) => {
    const runs = Array.from({ length: 3 }, (_, n) => `run-${n}`);
    for (const run of runs) await leave(store, `writer of ${run}`, run);
    const later = await again();
    expect((await later.openRuns("", 100)).map(({ run, at }) => [run, at])).toEqual(runs.map((run) => [run, 5]));
    for (const run of runs) {
      expect((await later.mapping(run)) ?? {}).toMatchObject({ runId: `server-${run}` });
      expect((await later.desired(run)) ?? {}).toMatchObject({ tags: { of: run } });
      expect((await later.accounts(run)).map(({ lines }) => new TextDecoder().decode(lines))).toEqual([run]);
      // Its writer, if it lives after all, doubles nothing.
      expect((await later.append(`writer of ${run}`, [draft(2, { run })]))[0] ?? {}).toMatchObject({ stored: false });
    }
  });

  check("open() forgets no run of which something is set aside, however old it is", async (store, again) => {
    await leave(store, "w", "first");
    const close = (run: string, sequence: number): ChunkDraft =>
      draft(sequence, { run, kind: "update", at: 5, opens: false });
    const end = async (writer: string, run: string): Promise<[order: number, term: number]> => {
      const [ended] = await store.append(writer, [close(run, 3)], new Map([[run, { status: "FINISHED" }]]));
      return [ended!.order, await store.beginTerm()];
    };
    await store.quarantine(...(await end("w", "first")), "no");
    for (const run of ["second", "third", "fourth"]) {
      await leave(store, `writer of ${run}`, run);
      await store.acknowledge(...(await end(`writer of ${run}`, run)));
    }
    const later = await again();
    const known = async (): Promise<void> => {
      expect((await later.mapping("first")) ?? {}).toMatchObject({ runId: "server-first" });
      expect((await later.desired("first")) ?? {}).toMatchObject({ tags: { of: "first" }, status: "FINISHED" });
      expect((await later.accounts("first")).map(({ lines }) => new TextDecoder().decode(lines))).toEqual(["first"]);
    };
    await known();
    const [header] = await later.quarantined(0, 10);
    await later.release(header!.order);
    await known();
  });
}
