import type { Random } from "../../../src/runtime/ports/random.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";

/** Where a page can be killed. */
export const PHASES = ["append", "persisted", "attempted", "committed", "uploading"] as const;

/** Where a page was killed; `idle` when nothing was on its way. */
export type PagePhase = (typeof PHASES)[number] | "idle";

/** A page and how it shall end. */
export interface DyingPageParts {
  readonly wished: PagePhase;
  /** Times that the page comes there before it dies. */
  readonly left: number;
  readonly random: Random;
  /** Kills it; resolves when its process is gone. */
  readonly kill: () => Promise<void>;
  /** Hears what else the page announces. */
  readonly note: (text: string) => void;
}

/** A request of the page that nobody has answered yet. */
interface Passing {
  readonly upload: boolean;
  committed: boolean;
}

/**
 * Stands between a page and its server, brings the page to where it shall die, and says where it was when it was dead:
 * what stood still there, or was on its way, and not what was wished for.
 */
export class DyingPage {
  readonly #parts: DyingPageParts;
  readonly #passing = new Set<Passing>();
  #left: number;
  #killed: Promise<void> | undefined;
  /** A put was begun that is not known to have ended; something is in the storage that no answer has taken out of it. */
  #putting = false;
  #kept = false;
  #seen: PagePhase | undefined;

  constructor(parts: DyingPageParts) {
    this.#parts = parts;
    this.#left = parts.left;
  }

  /** The phase in which it was killed; undefined while it lives. */
  get seen(): PagePhase | undefined {
    return this.#seen;
  }

  /** Hears what the page announces. */
  readonly heard = (text: string): void => {
    if (text === "append") this.#putting = true;
    if (text === "persisted") {
      this.#putting = false;
      this.#kept = true;
    }
    if (text === "append" || text === "persisted") void this.#reach(text);
    else this.#parts.note(text);
  };

  /** Answers the page in the place of its server, or lets that one answer. */
  readonly between = async (request: Request, answer: Fetch): Promise<Response> => {
    const { wished, random } = this.#parts;
    const upload = request.method === "PUT";
    if (!upload && (request.method !== "POST" || request.url.includes("/search"))) return answer(request);
    // What shall only be kept is not taken: all of it is in the storage when the page dies.
    if (wished === "persisted" && !this.#killed) return new Response(null, { status: 503 });
    const passing: Passing = { upload, committed: false };
    if (!this.#killed) this.#passing.add(passing);
    try {
      if (upload) {
        // A body that the dead page has begun is cut, or came as a whole in the last moment.
        await this.#reach("uploading");
        return await answer(request);
      }
      const body = await request.clone().arrayBuffer();
      await this.#reach("attempted");
      // A request of a dead page may be on its way still, or not have come to the server.
      if (this.#killed && random.fraction() < 0.5) return new Response(null, { status: 503 });
      const response = await answer(new Request(request, { body }));
      passing.committed = true;
      await this.#reach("committed");
      return response;
    } finally {
      this.#passing.delete(passing);
    }
  };

  #reach(phase: PagePhase): Promise<void> | undefined {
    if (phase !== this.#parts.wished || this.#killed || --this.#left > 0) return undefined;
    // Whatever else happens until the page is dead, what stands still at this moment stands still then.
    this.#killed = this.#parts.kill().then(() => {
      this.#seen = this.#phase();
    });
    return this.#killed;
  }

  /** A page does several things at once: one that was wished for counts, if it was one of them. */
  #phase(): PagePhase {
    const passing = [...this.#passing];
    const found: PagePhase[] = [];
    if (this.#putting) found.push("append");
    if (passing.some(({ upload }) => upload)) found.push("uploading");
    if (passing.some(({ upload, committed }) => !upload && !committed)) found.push("attempted");
    if (passing.some(({ committed }) => committed)) found.push("committed");
    if (this.#kept && passing.length === 0) found.push("persisted");
    const { wished } = this.#parts;
    return found.includes(wished) ? wished : (found[0] ?? "idle");
  }
}
