import { HttpError, NetworkError, TimeoutError } from "../../errors/network-errors.ts";
import { isCreation } from "../chunk/is-creation.ts";
import type { ChunkKind } from "../chunk/request.ts";
import { isDivisible } from "./after-refusal.ts";
import type { Job } from "./delivery-parts.ts";
import type { Item } from "./run-state.ts";

/** Failures that speak against a chunk after which it is divided; against what cannot be divided any more, at least. */
const DIVIDE = 5;
const SET_ASIDE = 10;
/** Of these so many with others of its kind between that went through: one may have been on its way already. */
const OTHERS = 3;
/** Milliseconds that a single item fails before it is set aside; where none of its kind goes through: its part of the server may be away. */
const LEAST = 180_000;
const LEAST_ALONE = 24 * 3_600_000;
/** Params and tags: a row or two each, by the same route. */
const ROWS = "rows";
/** Said by what stands before a server that is away or has too much to do. */
const OF_GATEWAYS: readonly number[] = [502, 503, 504];

/** What speaks against one chunk, and against what it is a part of. */
export interface Blame {
  /** Monotonic time of the first failure that does. */
  readonly since: number;
  /** How it was asked what failed. */
  readonly method: string | undefined;
  /** Writes that had been acknowledged by then. */
  readonly writes: number;
  /** Failures before each of which another chunk of its kind was sent and acknowledged since the last one. */
  others: number;
}

/** Tells chunks at which the server fails from a server, or a part of it, that fails. */
export class Blamer {
  /** Writes that the server acknowledged. */
  #writes = 0;
  /** Requests sent, and failures, and of each kind the place among them of the latest request that was acknowledged. */
  #places = 0;
  readonly #acknowledged = new Map<string, number>();

  /** A chunk is sent; gives its place. */
  sends(): number {
    return ++this.#places;
  }

  /** The server took a write: a chunk that was sent at that place, or what only asks whether it takes any. */
  took(sent?: { readonly kind: ChunkKind; readonly place: number }): void {
    this.#writes++;
    if (!sent) return;
    const part = partOf(sent.kind);
    this.#acknowledged.set(part, Math.max(sent.place, this.#acknowledged.get(part) ?? 0));
  }

  /** A chunk failed. True when others went through since it did before: then it is not the host. */
  failed({ item, chunk: { kind } }: Job, cause: unknown, now: number): boolean {
    const alone = item.writes >= 0 && this.#writes > item.writes;
    // What was on its way when the server began to fail says nothing.
    const other = item.place > 0 && (this.#acknowledged.get(partOf(kind)) ?? 0) > item.place;
    const speaks = isOfGateway(cause) ? other : isOfBody(cause) || (alone && isOfUpload(kind, cause));
    if (speaks && (!isCreation(kind) || item.sent)) this.#strike(item, cause, other, now);
    item.writes = this.#writes;
    item.place = ++this.#places;
    return alone;
  }

  #strike(item: Item, cause: unknown, other: boolean, now: number): void {
    const method = methodOf(cause);
    // An upload that fails, and a look at it that fails another time, are two things that may go better.
    let { blame } = item;
    if (blame?.method !== method) blame = undefined;
    if (!blame) item.strikes = 0;
    item.blame = blame ??= { since: now, method, writes: this.#writes, others: 0 };
    item.strikes++;
    if (other) blame.others++;
  }

  /**
   * "guilty" for a chunk that keeps failing while others go through; "suspect" for one that is if the server takes other
   * writes now.
   */
  judge({ item, chunk, content }: Job, cause: unknown, now: number): "guilty" | "suspect" | undefined {
    const { blame, strikes } = item;
    // What looks for a run before it is created says nothing about its creation.
    const own = chunk.kind === "artifact" || (isOfBody(cause) && (!isCreation(chunk.kind) || item.sent));
    if (!own || !blame) return undefined;
    // To divide costs little; what is set aside is missing on the server until a person acts.
    if (!isDivisible(content)) {
      const age = now - blame.since;
      if (strikes < SET_ASIDE || age < LEAST) return undefined;
      if (blame.others >= OTHERS) return "guilty";
      // What asks whether the server takes other writes is a tag itself.
      if (partOf(chunk.kind) !== ROWS && age < LEAST_ALONE) return undefined;
    } else if (strikes < DIVIDE) return undefined;
    return this.#writes > blame.writes ? "guilty" : "suspect";
  }
}

/** Chunks that one part of a server takes, or does not. */
function partOf(kind: ChunkKind): string {
  return kind === "params" || kind === "tags" || kind === "untag" ? ROWS : kind;
}

/** True for failures that a body can be the cause of: it takes the server too long, or brings it down. */
function isOfBody(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof HttpError && error.status >= 500);
}

/** True for an answer of what stands before a server, which may be away or at work. */
export function isOfGateway(error: unknown): boolean {
  return error instanceof HttpError && OF_GATEWAYS.includes(error.status);
}

/** The same of a file. That the server asks for a pause is not of what was sent. */
function isOfUpload(kind: ChunkKind, error: unknown): boolean {
  return kind === "artifact" && !(error instanceof HttpError && error.status === 429);
}

function methodOf(error: unknown): string | undefined {
  return error instanceof HttpError || error instanceof NetworkError ? error.request.method : undefined;
}
