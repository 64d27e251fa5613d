import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findChromium } from "../../../runtime-tests/browser/chromium.ts";
import { Devtools } from "./devtools.ts";
import { Page } from "./page.ts";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--remote-debugging-port=0",
  "--no-first-run",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  // No process in reserve: the one that is killed is the one that is meant.
  "--disable-features=SpareRendererForSitePerProcess",
  // Hidden pages wake up once a minute from the third second on, not from the fifth minute.
  "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/3",
];

/** A profile folder and the Chromium on it, which may be killed and started again. */
export class Browser {
  /** Folder that holds all that this browser keeps. */
  readonly profile: string;
  #process: ChildProcess;
  #devtools: Devtools;
  #pages: Page[] = [];

  private constructor(profile: string, process: ChildProcess, devtools: Devtools) {
    this.profile = profile;
    this.#process = process;
    this.#devtools = devtools;
  }

  /** Starts Chromium on a new profile. */
  static async start(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), "tracklet-chromium-"));
    return new Browser(profile, ...(await launch(profile)));
  }

  get devtools(): Devtools {
    return this.#devtools;
  }

  /** Opens a page in a tab of its own; `context` is an incognito one. */
  async open(url: string, context?: string): Promise<Page> {
    const page = await Page.open(this.#devtools, url, context);
    this.#pages.push(page);
    return page;
  }

  /** Closes all tabs but the first, empty one. */
  async closePages(): Promise<void> {
    const pages = this.#pages;
    this.#pages = [];
    await Promise.all(pages.map((page) => page.close()));
  }

  /** A context without a profile, as a private window has it. */
  async incognito(): Promise<string> {
    const { browserContextId } = await this.#devtools.send<{ browserContextId: string }>("Target.createBrowserContext");
    return browserContextId;
  }

  /** SIGKILL of the browser and all its processes, as when memory runs out or the machine is reset. */
  async kill(): Promise<void> {
    const ended = once(this.#process, "exit");
    process.kill(-this.#process.pid!, "SIGKILL");
    await ended;
    this.#devtools.close();
  }

  /** Starts it again on the same profile, after `kill()`. */
  async restart(): Promise<void> {
    [this.#process, this.#devtools] = await launch(this.profile);
  }

  /** Ends it for good and removes the profile. */
  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function launch(profile: string): Promise<[ChildProcess, Devtools]> {
  const { executablePath, env } = await findChromium();
  const port = join(profile, "DevToolsActivePort");
  await rm(port, { force: true });
  const child = spawn(executablePath, [...ARGUMENTS, `--user-data-dir=${profile}`, "about:blank"], {
    // A group of its own, so that the kill takes all of its processes at one time.
    detached: true,
    stdio: "ignore",
    env: { ...process.env, ...env },
  });
  // A group of its own outlives a test run that is cut off.
  const end = (): void => void process.kill(-child.pid!, "SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("Chromium ended while it started");
    const [line, path] = (await readFile(port, "utf8").catch(() => "")).split("\n");
    if (line && path) return [child, await Devtools.connect(`ws://127.0.0.1:${line}${path}`)];
    await pause(20);
  }
}
