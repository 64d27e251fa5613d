import type { Random } from "../../src/runtime/ports/random.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { checkKilled, type Promised } from "./support/check-killed.ts";
import { openStage, type Stage } from "./support/stage.ts";
import type { TrackingServer } from "./support/tracking-server.ts";
import { until } from "./support/until.ts";

/** Where a page was killed. */
const PHASES = ["append", "persisted", "attempted", "committed", "uploading"] as const;
type Phase = (typeof PHASES)[number];

/** What is killed: the process of the page, all of Chromium, or only the tab, which is closed. */
const VICTIMS = ["page", "browser", "tab"] as const;
type Victim = (typeof VICTIMS)[number];

/** How many kills, and which. */
export interface KillChromiumOptions {
  readonly kills: number;
  readonly seed: number;
  /** Hears of each kill. */
  readonly trace?: (line: string) => void;
}

/** What became of all that was logged. */
export interface KillChromiumReport {
  readonly kills: number;
  readonly phases: Record<Phase, number>;
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
export async function killChromium({ kills, seed, trace }: KillChromiumOptions): Promise<KillChromiumReport> {
  const stage = await openStage();
  try {
    const server = await stage.server();
    const random = seededRandom(seed);
    const promised = new Map<string, Promised>();
    const phases = { append: 0, persisted: 0, attempted: 0, committed: 0, uploading: 0 };
    const victims = { page: 0, browser: 0, tab: 0 };
    for (let kill = 0; kill < kills; kill++) {
      const phase = PHASES[kill % PHASES.length]!;
      const victim = VICTIMS[kill % VICTIMS.length]!;
      await workAndDie(stage, server, { run: `run ${kill + 1}`, phase, victim, random, promised });
      phases[phase]++;
      victims[victim]++;
      trace?.(`kill ${kill + 1}: ${victim}, ${phase}`);
    }
    server.between = (request, answer) => answer(request);
    const page = await stage.browser.open(stage.site.url);
    await page.call(openLab, server.url);
    await until("the queue is empty", () => page.call(isEmpty));
    return { kills, phases, victims, ...(await checkKilled(server, promised)) };
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
  const { pending } = await lab.tracker.flush({ timeout: 20_000 });
  return pending.points + pending.requests === 0;
}

interface Death {
  readonly run: string;
  readonly phase: Phase;
  readonly victim: Victim;
  readonly random: Random;
  readonly promised: Map<string, Promised>;
}

/** A page works until it has come to the phase a few times, and is killed there. */
async function workAndDie(stage: Stage, server: TrackingServer, death: Death): Promise<void> {
  const { run, phase, victim, random, promised } = death;
  const page = await stage.browser.open(stage.site.url);
  const id = await page.processId();
  let left = 1 + Math.floor(random.fraction() * (phase === "uploading" ? 4 : 20));
  let killed: Promise<void> | undefined;
  const kill = async (): Promise<void> => {
    if (victim === "browser") await stage.browser.kill();
    else if (victim === "page") process.kill(id, "SIGKILL");
    else await page.close();
  };
  const reach = (name: Phase): Promise<void> | undefined => {
    if (name !== phase || killed !== undefined || --left > 0) return undefined;
    killed = kill();
    return killed;
  };

  await page.listen((text) => {
    if (text === "append" || text === "persisted") void reach(text);
    else note(promised, text);
  });
  server.between = async (request, answer) => {
    if (killed !== undefined || request.method !== "POST" || request.url.includes("/search")) {
      const uploads = request.method === "PUT" && killed === undefined;
      // A body that the dead page has begun is cut, or came as a whole in the last moment.
      if (uploads) await reach("uploading");
      return answer(request);
    }
    const body = await request.clone().arrayBuffer();
    await reach("attempted");
    // A request of a dead page may be on its way still, or not have come to the server.
    if (killed !== undefined && random.fraction() < 0.5) return new Response(null, { status: 503 });
    const response = await answer(new Request(request, { body }));
    await reach("committed");
    return response;
  };
  await page.call(openLab, server.url);
  void page.call((work) => void lab.work(work), { run, points: 300, artifact: 20_000 }).catch(() => undefined);
  await until(`${run} is killed in phase ${phase}`, () => killed !== undefined);
  await killed;
  await until("the process of the page is gone", () => !isAlive(id));
  if (victim === "browser") await stage.browser.restart();
  else await page.close();
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
