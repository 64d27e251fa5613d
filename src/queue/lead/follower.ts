import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";

/** Chunks that are read at once: mostly the first one is still waited for. */
const FIRST_PAGE = 8;
const PAGE = 64;

/** Somebody waits until nothing up to a place in the order waits any more. */
export interface Walk {
  readonly order: number;
  /** Of these runs only. */
  readonly runs: ReadonlySet<string> | undefined;
  /** Nothing that counts lies at or before this place. */
  after: number;
  clear: boolean;
}

/** What following needs. */
export interface FollowerParts {
  readonly store: QueueStore;
  /** Runs whose mapping somebody waits for. */
  readonly sought: ReadonlyMap<string, unknown>;
  /** Runs that are known to be on the server. */
  readonly mappings: ReadonlyMap<string, RunMapping>;
  /** Those of them that only the storage knows. */
  readonly unverified: Set<string>;
  readonly onMapped: (mapping: RunMapping) => void;
  /** True for what waits for a person. */
  readonly parks: (run: string, order: number) => boolean;
}

/** Finds out from the storage what another process has got done. Each place in the order is read about once. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #walks = new Set<Walk>();
  #cleared = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Somebody waits for something that has to be looked for. */
  get isAsked(): boolean {
    return this.#walks.size + this.#parts.sought.size > 0;
  }

  /** Waits for all up to a place; `forget` ends that. */
  walk(order: number, runs?: ReadonlySet<string>): Walk {
    const walk: Walk = { order, runs, after: 0, clear: false };
    this.#walks.add(walk);
    return walk;
  }

  forget(walk: Walk | undefined): void {
    if (walk) this.#walks.delete(walk);
  }

  /** True when somebody no longer waits since this was asked last. */
  hasCleared(): boolean {
    const cleared = this.#cleared;
    this.#cleared = false;
    return cleared;
  }

  /** The storage is another one than before. */
  reset(): void {
    for (const walk of this.#walks) walk.after = 0;
  }

  /** Looks once. Of chunks only where somebody else drains. */
  async look(follows: boolean): Promise<void> {
    const { store, sought, mappings, unverified, onMapped } = this.#parts;
    for (const run of sought.keys()) {
      if (mappings.has(run)) continue;
      const mapping = await store.mapping(run);
      // Who maps it meanwhile knows more of it.
      if (!mapping || mappings.has(run)) continue;
      unverified.add(run);
      onMapped(mapping);
    }
    if (!follows) return;
    // Many who wait mostly wait for the same chunk. Who comes later needs what is read later.
    const pages = new Map<string, Promise<readonly ChunkHeader[]>>();
    for (const walk of [...this.#walks]) await this.#proceed(walk, pages);
  }

  async #proceed(walk: Walk, pages: Map<string, Promise<readonly ChunkHeader[]>>): Promise<void> {
    const { store, parks } = this.#parts;
    for (let size = FIRST_PAGE; !walk.clear; size = PAGE) {
      const name = `${size} ${walk.after}`;
      const read = pages.get(name) ?? store.heads(walk.after, size);
      pages.set(name, read);
      const page = await read;
      for (const { order, run, kind } of page) {
        // Parts of the chunk at that place lie before the next one.
        if (order >= walk.order + 1) {
          this.#clear(walk);
          return;
        }
        // What waits for a person goes on when it is given up.
        if ((!walk.runs || walk.runs.has(run)) && (kind === "discard" || !parks(run, order))) return;
        walk.after = order;
      }
      if (page.length < size) this.#clear(walk);
    }
  }

  #clear(walk: Walk): void {
    walk.clear = true;
    this.#cleared = true;
  }
}
