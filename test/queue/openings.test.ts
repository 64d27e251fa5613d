import { describe, expect, test } from "vitest";
import type { ChunkDraft } from "../../src/queue/chunk/stored-chunk.ts";
import { Openings } from "../../src/queue/lead/openings.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";

/** The openings of a writer that is shown to live, or not, with what it puts. */
function writer(): {
  openings: Openings;
  seen: { shown: boolean };
  store: MemoryStore;
  put: (draft: ChunkDraft) => Promise<void>;
} {
  const store = new MemoryStore();
  const seen = { shown: true };
  const openings = new Openings(store, { show: async () => seen.shown });
  const put = async (draft: ChunkDraft): Promise<void> => {
    const drafts = await openings.before([draft]);
    await store.append("w", drafts);
    openings.after(drafts);
  };
  return { openings, seen, store, put };
}

function draft(sequence: number, opens?: boolean): ChunkDraft {
  const kind = opens === false ? "update" : "create";
  const body = new Uint8Array([sequence]);
  return { run: "a", kind, at: 1, count: 1, sealed: true, sequence, body, ...(opens !== undefined && { opens }) };
}

describe("Openings", () => {
  test("before() gives what opens no run as it is, without asking whether anybody can see the process", async () => {
    const { openings, seen } = writer();
    seen.shown = false;
    for (const given of [[draft(1)], [draft(2, false)]]) expect(await openings.before(given)).toBe(given);
    expect(openings.owes).toBe(false);
  });

  test("before() keeps the note that a run ends, and leaves out that it opens, while nobody can see the process", async () => {
    const { openings, seen } = writer();
    seen.shown = false;
    const drafts = await openings.before([draft(1, true), draft(2, false)]);
    expect(drafts.map(({ opens }) => opens)).toEqual([undefined, false]);
  });

  test("due() gives a run once for each time that it was put without the note, when the process can be seen", async () => {
    const { openings, seen, put } = writer();
    for (const sequence of [1, 2]) {
      seen.shown = false;
      await put(draft(sequence, true));
      expect([await openings.due(), openings.owes]).toEqual([[], true]);
      seen.shown = true;
      expect([await openings.due(), openings.owes]).toEqual([["a"], false]);
      expect(await openings.due()).toEqual([]);
    }
  });

  test("due() gives a run of which the put without the note failed although it took place, and was repeated with it", async () => {
    const { openings, seen, put } = writer();
    seen.shown = false;
    await put(draft(1, true));
    seen.shown = true;
    await put(draft(1, true));
    expect(await openings.due()).toEqual(["a"]);
  });

  test("due() keeps a run for later when the storage fails", async () => {
    const { openings, seen, put, store } = writer();
    seen.shown = false;
    await put(draft(1, true));
    seen.shown = true;
    const { desired } = store;
    store.desired = () => Promise.reject(new Error("disk"));
    await expect(openings.due()).rejects.toThrow("disk");
    store.desired = desired;
    expect(await openings.due()).toEqual(["a"]);
  });

  test("due() forgets a run that was ended since", async () => {
    const { openings, seen, put } = writer();
    seen.shown = false;
    await put(draft(1, true));
    await put(draft(2, false));
    expect(openings.owes).toBe(false);
  });

  test("doubt() takes the runs that are open, and none that has ended", async () => {
    const { openings, put } = writer();
    await put(draft(1, true));
    openings.doubt();
    expect([...openings.doubted]).toEqual(["a"]);
    openings.doubted.clear();
    await put(draft(2, false));
    openings.doubt();
    expect(openings.doubted.size).toBe(0);
  });
});
