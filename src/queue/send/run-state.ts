import type { Blame } from "./blame.ts";
import { CONFIRMATIONS } from "./outcome.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { RunMapping } from "../run-mapping.ts";

/** A chunk that the engine has in view. */
export interface Item {
  /** What is known of it without its body. */
  readonly header: ChunkHeader;
  /** Monotonic times at which it came into view, and was put first. */
  readonly seen: number;
  readonly since: number;
  /** Monotonic time before which it is not tried again. */
  until: number;
  /** Tries without an answer that counts. */
  failures: number;
  /** Those of them in a row that speak against the chunk itself, not against what is asked before; and all that does. */
  strikes: number;
  blame?: Blame | undefined;
  /** Answers 400 in a row that were alike, and what the last of them was. */
  refusals: number;
  refusedBy?: string | undefined;
  /** Those of them that what it is a part of got. */
  inherited: number;
  /** Times in a row that what asks why it is refused was refused in plain text, and which request that was. */
  denials: number;
  deniedBy?: string | undefined;
  /** Looks in vain at what the server has of it; by what the last was refused, and how often in a row. */
  readonly unread: { count: number; by: string | undefined; alike: number };
  /** Writes that had been acknowledged when it last failed, and the place of that among what was sent; -1 before. */
  writes: number;
  place: number;
  /** The last try came to the request that must not be repeated blindly. */
  sent: boolean;
  /** That request may have reached the server without our knowing. */
  ambiguous: boolean;
  /** It was sent once more after that: there may be two of what it makes. */
  twice: boolean;
  /** Our id of the parent that is to be created first. */
  parent?: string | undefined;
  /** What is left to do in the storage: the server has had its say. */
  finish?: (() => Promise<void>) | undefined;
  /** Of an upload that was tried: its path, and what to do in the storage once the server has it, or a later version. */
  file?: { readonly path: string; readonly done: () => Promise<void> } | undefined;
  /** The server has it, and it goes once more from this monotonic time on: an older version may come late. */
  again?: number | undefined;
}

/** What the engine knows of one run. */
export interface RunState {
  /** Our id. */
  readonly id: string;
  /** In order. */
  readonly items: Item[];
  /** Place after which the storage holds more of it that is not in view; undefined when nothing was passed. */
  after: number | undefined;
  /** A chunk of it is being sent. */
  busy: boolean;
  /** Which run of the server it is, once known. */
  mapping: RunMapping | undefined;
  /** The mapping was made or verified in this session. */
  checked: boolean;
  /** Why it waits for a person. */
  parked: string | undefined;
  /** What lies up to this place in the order is to be dropped; undefined while nothing is. */
  discardTo: number | undefined;
  /** Milliseconds that an unsealed tail waits for more points. */
  linger: number;
  /** Term in which a chunk of it was last tried. */
  term: number;
}

export function newRunState(id: string): RunState {
  return {
    id,
    items: [],
    after: undefined,
    busy: false,
    mapping: undefined,
    checked: false,
    parked: undefined,
    discardTo: undefined,
    linger: 0,
    term: 0,
  };
}

/** True for what a person wants to have dropped. */
export function isDiscarded({ discardTo }: RunState, { order }: Pick<ChunkHeader, "order">): boolean {
  // Parts of the chunk at that place lie before the next one.
  return discardTo !== undefined && order < discardTo + 1;
}

/** @param whole What it is a part of: what speaks against that speaks against its parts as well. */
export function newItem(header: ChunkHeader, seen: number, since: number, whole?: Item): Item {
  // A part of what was refused before is divided on at once; only the last single item is asked for again.
  const refusals = header.span < 1 && header.count > 1 ? CONFIRMATIONS - 1 : 0;
  return {
    header,
    seen,
    since,
    until: 0,
    failures: 0,
    strikes: 0,
    blame: whole?.blame && { ...whole.blame },
    refusals,
    inherited: refusals,
    denials: 0,
    unread: { count: 0, by: undefined, alike: 0 },
    writes: whole?.writes ?? -1,
    place: whole?.place ?? -1,
    sent: false,
    ambiguous: header.attempted > 0,
    twice: false,
  };
}
