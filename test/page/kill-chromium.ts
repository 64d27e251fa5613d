import type { Random } from "../../src/runtime/ports/random.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { checkKilled, type Promised } from "./support/check-killed.ts";
import { DyingPage, type PagePhase, PHASES } from "./support/dying-page.ts";
import { openStage, type Stage } from "./support/stage.ts";
import type { TrackingServer } from "./support/tracking-server.ts";
import { until } from "./support/until.ts";

/** What is killed by SIGKILL: the process of the page, or all of Chromium. A tab that is closed is no kill. */
const VICTIMS = ["page", "browser", "tab"] as const;
type Victim = (typeof VICTIMS)[number];

/** How many kills, and which. */
export interface KillChromiumOptions {
  /** SIGKILLs, in each phase as many of pages as of Chromium. */
  readonly kills: number;
  /** Tabs that are closed in between. @default 0 */
  readonly tabs?: number;
  readonly seed: number;
  /** Hears of each kill. */
  readonly trace?: (line: string) => void;
}

/** What became of all that was logged. */
export interface KillChromiumReport {
  /** SIGKILLs. */
  readonly kills: number;
  /** SIGKILLs by the phase that was seen when the page was dead. */
  readonly phases: Record<PagePhase, number>;
  readonly victims: Record<Victim, number>;
  readonly runs: number;
  readonly points: number;
  readonly artifacts: number;
  /** What was lost, doubled or made up; empty when all is well. */
  readonly wrong: readonly string[];
}

/**
 * Kills real Chromium while a page logs and uploads to one queue in IndexedDB, again and again, lets a last page drain
 * it, and counts the rows of the server.
 */
export async function killChromium({ kills, tabs = 0, seed, trace }: KillChromiumOptions): Promise<KillChromiumReport> {
  const stage = await openStage();
  try {
    const server = await stage.server();
    const random = seededRandom(seed);
    const promised = new Map<string, Promised>();
    const phases = { append: 0, persisted: 0, attempted: 0, committed: 0, uploading: 0, idle: 0 };
    const victims = { page: 0, browser: 0, tab: 0 };
    for (let death = 0; death < kills + tabs; death++) {
      const wished = PHASES[death % PHASES.length]!;
      // In turn within each phase: all of them meet both.
      const turn = (death % PHASES.length) + Math.floor(death / PHASES.length);
      const victim = death >= kills ? "tab" : VICTIMS[turn % 2]!;
      const seen = await workAndDie(stage, server, { run: `run ${death + 1}`, wished, victim, random, promised });
      if (victim !== "tab") phases[seen]++;
      victims[victim]++;
      trace?.(`death ${death + 1}: ${victim}, ${seen}${seen === wished ? "" : `, not ${wished}`}`);
    }
    server.between = (request, answer) => answer(request);
    const page = await stage.browser.open(stage.site.url);
    await page.call(openLab, server.url);
    const ended = async (): Promise<boolean> => {
      const open = "select count(*) from runs where status = 'RUNNING' and name != 'last'";
      return (await page.call(isEmpty)) && server.number(open) === 0;
    };
    // A run that is in doubt is looked at twice, seconds apart.
    await until("the queue is empty, and the runs of the dead are ended", ended, 20_000 * (kills + tabs));
    return { kills: victims.page + victims.browser, phases, victims, ...(await checkKilled(server, promised)) };
  } finally {
    await stage.close();
  }
}

function openLab(trackingUri: string): Promise<void> {
  return lab.open({ trackingUri, announce: true });
}

async function isEmpty(): Promise<boolean> {
  // The first write opens the queue; this one shows that there is nothing of before that waits behind it.
  lab.log("last", 1, 1);
  const { pending, others } = await lab.tracker.flush({ timeout: 20_000 });
  return pending.points + pending.requests + others.points + others.requests === 0;
}

interface Death {
  readonly run: string;
  readonly wished: PagePhase;
  readonly victim: Victim;
  readonly random: Random;
  readonly promised: Map<string, Promised>;
}

/** A page works until it has come to the phase a few times, and is killed there; gives the phase that was seen. */
async function workAndDie(stage: Stage, server: TrackingServer, death: Death): Promise<PagePhase> {
  const { run, wished, victim, random, promised } = death;
  const page = await stage.browser.open(stage.site.url);
  const id = await page.processId();
  const kill = async (): Promise<void> => {
    if (victim === "browser") await stage.browser.kill();
    else if (victim === "page") process.kill(id, "SIGKILL");
    else await page.close();
    await until("the process of the page is gone", () => !isAlive(id));
  };
  const left = 1 + Math.floor(random.fraction() * (wished === "uploading" ? 4 : 20));
  const dying = new DyingPage({ wished, left, random, kill, note: (text) => note(promised, text) });
  await page.listen(dying.heard);
  server.between = dying.between;
  const freezeAt = wished === "append" ? { freezeAt: left } : {};
  await page.call((options) => lab.open({ announce: true, ...options }), { trackingUri: server.url, ...freezeAt });
  void page.call((work) => void lab.work(work), { run, points: 300, artifact: 20_000 }).catch(() => undefined);
  const seen = await until(`${run} is killed in phase ${wished}`, () => dying.seen);
  if (victim === "browser") await stage.browser.restart();
  else await page.close();
  return seen;
}

/** Keeps what a page announced: `started <run>`, or `durable <run> <points> <artifacts>`. */
function note(promised: Map<string, Promised>, text: string): void {
  const [, kind, run, points = "0", artifacts = "0"] =
    /^(started|durable) (run \d+)(?: (\d+) (\d+))?$/.exec(text) ?? [];
  if (kind !== undefined) promised.set(run!, { points: Number(points), artifacts: Number(artifacts) });
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
