import { elsewhere } from "../send/elsewhere.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { Drain, Opened } from "./drain.ts";

/** Mappings that are read at once. */
const PAGE = 256;

/** Learns from the storage that a run of this process, named by either id, was created by whoever leads. */
export async function findCreated(drain: Drain, id: string): Promise<void> {
  try {
    await look(drain, id, await drain.open());
  } catch {
    // A storage that does not answer tells nothing new.
  }
}

async function look(drain: Drain, id: string, { store }: Opened): Promise<void> {
  const { ledger, mappings, destination, onMapped } = drain.parts;
  const learn = (mapping: RunMapping | undefined): void => {
    // Who maps it meanwhile knows more of it.
    if (!mapping || mappings.has(mapping.localId) || elsewhere(mapping.at, destination)) return;
    drain.unverified.add(mapping.localId);
    onMapped(mapping);
  };
  if (ledger.find(id)) {
    learn(await store.mapping(id));
    return;
  }
  // MLflow's id: ours begin with the time, so that those of this process lie together.
  const [first] = ledger
    .runs()
    .filter((run) => !mappings.has(run))
    .sort();
  if (first === undefined) return;
  for (let after = first.slice(0, -1); ; ) {
    const page = await store.mappings(after, PAGE);
    for (const mapping of page) if (ledger.find(mapping.localId)) learn(mapping);
    if (page.length < PAGE) return;
    after = page.at(-1)!.localId;
  }
}
