import type { CallOptions } from "../../client/types/connection.ts";
import type { Tracker } from "../../tracker/types/tracker.ts";

/** How an environment is made again. */
export interface RecreateOptions extends CallOptions {
  /** Where the recording is: a tracker that is open, or what opens one such as `openTracker`, which is closed again. */
  readonly tracker: Tracker | (() => Tracker | Promise<Tracker>);
  /** Who shall install its packages. @default the one that was recorded, else npm */
  readonly manager?: "npm" | "deno" | "bun";
  /**
   * Where the recorded commit is got from: the address or the path of a repository, or `false` for no git, when only the
   * files that were kept are written. @default the recorded address of `origin`
   */
  readonly repository?: string | URL | false;
  /**
   * The Python that makes the virtual environment of recorded Python packages; `false`: none is made. Who names one trusts
   * the recording: pip then also installs what a kept requirements.txt says, which may be code that the recording brings.
   *
   * @default "python3", which only installs plain names and versions from `upsertPackageRequirements`, as built packages
   */
  readonly python?: string | false;
}

/** An environment that was made again. */
export interface RecreatedEnvironment {
  /** Folder of the project: where `install` and `run` are to be run. */
  readonly directory: string;
  /** Installs its packages, such as `npm ci`; undefined where it has none. */
  readonly install: string | undefined;
  /** Does again what was recorded, such as `node train.ts`; undefined where it is not known. */
  readonly run: string | undefined;
  /** What is not as it was, in sentences: also in the README that was written. */
  readonly problems: readonly string[];
}
