import type { CallOptions } from "../client/types/connection.ts";
import type { Run } from "../tracker/types/run.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { Placeholder } from "./placeholder.ts";
import type { Recording, RecordingIds } from "./types.ts";

/** A recording whose ids fill in when the server tells them. */
export class RegisteredRecording implements Recording {
  readonly run: Run;
  readonly #placeholder: Placeholder;
  #modelId: string | undefined;
  #experimentUrl: string | undefined;
  /** Somebody asks already. */
  #asking = false;

  constructor(tracker: Tracker, run: Run, placeholder: Placeholder) {
    this.run = run;
    this.#placeholder = placeholder;
    // In the field it may take days until there is a server.
    const forget = tracker.queue.subscribe(({ host }) => {
      if (host === "ok") void this.#ask(forget);
    });
    void this.#ask(forget);
  }

  get recordingId(): string {
    return this.run.localId;
  }

  get modelId(): string | undefined {
    return this.#modelId;
  }

  get experimentUrl(): string | undefined {
    return this.#experimentUrl;
  }

  async ids(options?: CallOptions): Promise<RecordingIds> {
    const runId = await this.run.runId(options);
    this.#experimentUrl ??= (await this.run.url(options))?.replace(/\/runs\/[^/]*$/, "");
    this.#modelId ??= await this.#placeholder(options);
    return { runId, modelId: this.#modelId, experimentUrl: this.#experimentUrl };
  }

  async #ask(forget: () => void): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await this.ids();
      forget();
    } catch {
      // The next answer of the server tells more.
      this.#asking = false;
    }
  }
}
