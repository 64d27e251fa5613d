import type { SimProcess } from "../world/process.ts";
import type { RequestKind } from "../world/request-kind.ts";

type StringMap = Readonly<Record<string, string>>;

/** What became of an item. */
export type Fate = "acknowledged" | "dropped" | "quarantined";

/** One call. */
export interface Logged {
  /** Number of the call. */
  readonly call: number;
  readonly process: SimProcess;
  readonly at: number;
}

/** A request that reached the server after its sender had given it up. */
export interface Late {
  readonly kind: RequestKind;
  /** What it wrote. */
  readonly fields: readonly string[];
  readonly process: SimProcess;
  readonly givenUpAt: number;
  readonly at: number;
}

/** What a simulation knows of one run, or of one logged model, apart from the queue. */
export interface RunBook {
  readonly localId: string;
  /** The run that it is a child of. */
  readonly parent: RunBook | undefined;
  /** Of a model: the run that made it, which it waits for and with which it is lost. */
  readonly maker: RunBook | undefined;
  /** Of a model: what it is created with. */
  readonly given: { readonly params: StringMap; readonly tags: StringMap } | undefined;
  /** Models that it made. */
  readonly models: RunBook[];
  readonly name: string;
  readonly experiment: string;
  /** Calls by item. */
  readonly logged: Map<string, Logged[]>;
  /** Written values by field. */
  readonly written: Map<string, Set<string | null>>;
  /** What left the disk, and how. */
  readonly fates: Map<string, Fate>;
  /** How often an item left the disk. */
  readonly settled: Map<string, number>;
  /** The last write of each field that the disk has, by its place in the order. */
  readonly state: Map<string, { readonly order: number; readonly value: string | null }>;
  /** A create is on the disk. */
  created: boolean;
  ended: boolean;
  /** Why it may have had to wait for a person. */
  cause: string | undefined;
  /** Why it has to now. */
  blocked: string | undefined;
  /** Place up to which a person gave it up, as the disk has it: what lies there is dropped. */
  discardedTo: number | undefined;
  /** The server was restored: what it had may be gone. */
  restored: boolean;
  /** Its runs on the server that a person deleted. */
  readonly personDeleted: Set<string>;
  /** Items of calls that said that they are durable; and of those that said that they need not be. */
  readonly durable: Set<string>;
  readonly optional: Set<string>;
  readonly lates: Late[];
  /** The latest failure of its creation, and the latest look for it that the server answered, of one process. */
  createFailed: { readonly at: number; readonly process: SimProcess; readonly text: string } | undefined;
  looked: { readonly at: number; readonly process: SimProcess } | undefined;
  /** Ends that reached the server: when, and from which process. */
  readonly ends: { readonly at: number; readonly process: SimProcess }[];
}

/** The books of all runs. */
export class Book {
  readonly runs: Map<string, RunBook> = new Map();
  /** Contents of artifacts by path. */
  readonly artifacts: Map<string, string> = new Map();
  /** Calls that log what stays. */
  calls = 0;
  /** Calls that count as points and as requests. */
  points = 0;
  requests = 0;
  /** Requests that were refused at the call. */
  refused = 0;

  open(
    localId: string,
    name: string,
    experiment: string,
    { parent, maker, given }: Pick<Partial<RunBook>, "parent" | "maker" | "given"> = {},
  ): RunBook {
    let cause: string | undefined;
    let blocked: string | undefined;
    const book: RunBook = {
      localId,
      name,
      experiment,
      parent,
      maker,
      given,
      models: [],
      logged: new Map(),
      written: new Map(),
      fates: new Map(),
      settled: new Map(),
      state: new Map(),
      created: false,
      ended: maker !== undefined,
      get cause() {
        return cause ?? maker?.cause;
      },
      set cause(why) {
        cause = why;
      },
      get blocked() {
        return blocked ?? maker?.blocked;
      },
      set blocked(why) {
        blocked = why;
      },
      discardedTo: undefined,
      restored: false,
      personDeleted: new Set(),
      durable: new Set(),
      optional: new Set(),
      lates: [],
      createFailed: undefined,
      looked: undefined,
      ends: [],
    };
    this.runs.set(localId, book);
    maker?.models.push(book);
    return book;
  }

  /** Notes a call that logs something that stays. */
  log(process: SimProcess, run: RunBook, name: string): void {
    const call = { call: ++this.calls, process, at: process.world.timeline.now };
    const before = run.logged.get(name);
    if (before) before.push(call);
    else run.logged.set(name, [call]);
  }

  /** Notes a call that writes a field. */
  write(run: RunBook, field: string, value: string | null): void {
    const before = run.written.get(field);
    if (before) before.add(value);
    else run.written.set(field, new Set([value]));
  }
}
