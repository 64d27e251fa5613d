/** How a backlog came about. */
export interface Shape {
  /** For people. */
  readonly name: string;
  /** Points, when it is full. */
  readonly points: number;
  /** Points of one run; of all where absent. */
  readonly perRun?: number;
  /** Points after which all is made durable, as a chunk of its own. */
  readonly flushEvery: number;
}

/** The shapes that a queue must not mind: long, wide, and in crumbs. */
export const shapes: readonly Shape[] = [
  { name: "1 run", points: 1_000_000, flushEvery: 50_000 },
  { name: "1,000 runs", points: 1_000_000, perRun: 1_000, flushEvery: 50_000 },
  { name: "50,000 flushes of 1 point", points: 50_000, flushEvery: 1 },
];

/** What the programs `write.ts` and `drain.ts` are told, as JSON. */
export interface BacklogJob {
  readonly points: number;
  readonly runs: number;
  readonly flushEvery: number;
  /** Of the queue file. */
  readonly path: string;
  readonly trackingUri: string;
}

/** What `drain.ts` says at the end. */
export interface DrainFigures {
  /** Milliseconds from opening the queue to the first request. */
  readonly firstRequest: number;
  /** Milliseconds from then until all was delivered. */
  readonly drain: number;
  /** Milliseconds of the processor that the process took for all of it, which other work on the machine changes less. */
  readonly cpu: number;
  /** Bytes of resident memory, when the program was loaded and had delivered something else, and at most after that. */
  readonly rss: Growth;
  /** Bytes of the JavaScript heap, what nobody needs any more included. */
  readonly heap: Growth;
  readonly requests: number;
  readonly pending: number;
}

/** A figure that was looked at every 20 ms. */
export interface Growth {
  readonly before: number;
  readonly most: number;
}

/** Experiment of all runs. */
export const EXPERIMENT = "backlog";
