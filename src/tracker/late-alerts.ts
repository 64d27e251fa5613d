import type { AlertWatch } from "./alerts/alert-watch.ts";
import { type Core, inBackground } from "./core.ts";
import type { EarlierRun } from "./earlier-run.ts";
import type { RunHandle } from "./run.ts";

/** The alerts of one run, loaded with the first rule; what happens before that is judged then, in its order. */
export class LateAlerts {
  #watch: AlertWatch | undefined;
  readonly #early: ((watch: AlertWatch) => void)[] = [];

  /** @param earlier What earlier processes left of the run. */
  constructor(core: Core, run: RunHandle, earlier?: EarlierRun) {
    run.metrics.watch = (...point) => this.do((watch) => watch.take(...point));
    const loaded = import("./on-demand.ts").then(async ({ AlertWatch }) => {
      const watch = new AlertWatch(core, run);
      if (earlier !== undefined) await watch.resume(earlier);
      for (const early of this.#early) early(watch);
      this.#watch = watch;
      run.metrics.watch = (...point) => watch.take(...point);
    });
    void inBackground(core, loaded);
  }

  /** Calls `body`, now or when it is loaded. */
  do(body: (watch: AlertWatch) => void): void {
    if (this.#watch === undefined) this.#early.push(body);
    else body(this.#watch);
  }
}
