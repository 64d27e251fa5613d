import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { trackerSettings } from "./recorder-options.ts";
import type { RecorderMode, RecorderOptions } from "./types.ts";

/** The tracker of a recorder, opened when it is needed: whether it sends, and who closes it. */
export class RecorderTracker {
  readonly #options: RecorderOptions;
  /** Undefined until it was said, or there is a tracker. */
  #mode: RecorderMode | undefined;
  #opening: Promise<Tracker> | undefined;
  /** The same, once it is open. */
  #open: Tracker | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#mode = options.mode;
  }

  get mode(): RecorderMode {
    // Who shares the tracker may have switched it.
    const host = this.#open?.queue.status().host;
    if (host === undefined) return this.#mode ?? "ONLINE";
    return host === "paused" ? "OFFLINE" : "ONLINE";
  }

  /** Undefined while nobody has asked for it. */
  get opening(): Promise<Tracker> | undefined {
    return this.#opening;
  }

  /** The recorder has opened it, and so closes it. */
  get isOwn(): boolean {
    return typeof this.#options.tracker === "function";
  }

  setMode(mode: RecorderMode): void {
    if (mode !== "ONLINE" && mode !== "OFFLINE") {
      throw new ValidationError(
        `Cannot set the mode as it must be "ONLINE" or "OFFLINE": current value is "${String(mode)}"`,
      );
    }
    const before = this.mode;
    this.#mode = mode;
    if (mode === before) return;
    if (mode === "OFFLINE") this.#open?.queue.pause();
    else this.#open?.queue.resume();
  }

  opened(): Promise<Tracker> {
    if (this.#opening === undefined) {
      const opening = this.#openNow();
      this.#opening = opening;
      // What failed may be tried again.
      opening.catch(() => {
        this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async #openNow(): Promise<Tracker> {
    const { tracker: given } = this.#options;
    const tracker = typeof given === "function" ? await given(trackerSettings(this.#options)) : given;
    if (typeof tracker?.startRun !== "function") {
      throw new ConfigurationError("Cannot record as the option tracker must open a tracker: it gives none");
    }
    // Whoever paused a tracker that is open meant all that it logs.
    const paused = tracker.queue.status().host === "paused";
    this.#mode ??= paused ? "OFFLINE" : "ONLINE";
    if (this.#mode === "OFFLINE") tracker.queue.pause();
    else if (paused) tracker.queue.resume();
    this.#open = tracker;
    return tracker;
  }
}
