import { readFile } from "node:fs/promises";
import type { Devtools } from "./devtools.ts";

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

/** A tab. */
export class Page {
  readonly #devtools: Devtools;
  readonly #target: string;
  readonly #session: string;
  /** What the page wrote to its console, as one line each. */
  readonly console: string[] = [];

  private constructor(devtools: Devtools, target: string, session: string) {
    this.#devtools = devtools;
    this.#target = target;
    this.#session = session;
  }

  /** Opens an address and waits until it is loaded. */
  static async open(devtools: Devtools, url: string, context?: string): Promise<Page> {
    const { targetId } = await devtools.send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
      ...(context !== undefined && { browserContextId: context }),
    });
    const attach = { targetId, flatten: true };
    const { sessionId } = await devtools.send<{ sessionId: string }>("Target.attachToTarget", attach);
    const page = new Page(devtools, targetId, sessionId);
    page.on("Runtime.consoleAPICalled", ({ type, args }) => {
      const texts = (args as { value?: unknown; description?: string }[]).map((arg) => arg.value ?? arg.description);
      page.console.push(`${String(type)}: ${texts.join(" ")}`);
    });
    await Promise.all([page.send("Runtime.enable"), page.send("Page.enable")]);
    await page.goto(url);
    return page;
  }

  /** Sends a command of the devtools protocol to this page. */
  send<T = Record<string, unknown>>(method: string, params: object = {}): Promise<T> {
    return this.#devtools.send<T>(method, params, this.#session);
  }

  /** Hears an event of the devtools protocol. */
  on(event: string, listener: (params: Record<string, unknown>) => void): () => void {
    return this.#devtools.on(event, listener, this.#session);
  }

  /** The next event of a kind. */
  once(event: string): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      const leave = this.on(event, (params) => {
        leave();
        resolve(params);
      });
    });
  }

  /** Goes to an address in the same tab. */
  async goto(url: string): Promise<void> {
    const loaded = this.once("Page.loadEventFired");
    const { errorText } = await this.send<{ errorText?: string }>("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`Cannot go to ${url}: ${errorText}`);
    await loaded;
  }

  /** Calls a function of the test in the page and gives what it resolves with. It sees nothing of the test's scope. */
  call<T, A extends readonly unknown[]>(body: (...args: A) => T, ...args: A): Promise<Awaited<T>> {
    return this.evaluate(`(${body.toString()})(...${JSON.stringify(args)})`) as Promise<Awaited<T>>;
  }

  /** Evaluates an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send<Evaluated>("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (!exceptionDetails) return result.value;
    throw new Error(`In the page: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  }

  /** Hides the page, as when its window is minimised or another tab is in front. */
  async hide(): Promise<void> {
    const { windowId } = await this.send<{ windowId: number }>("Browser.getWindowForTarget");
    await this.send("Browser.setWindowBounds", { windowId, bounds: { windowState: "minimized" } });
  }

  /** Hears what programs in the page announce, up to the moment in which it dies. */
  async listen(listener: (text: string) => void): Promise<void> {
    this.on("Runtime.bindingCalled", ({ payload }) => listener(String(payload)));
    await this.send("Runtime.addBinding", { name: "announce" });
  }

  /** Takes the network away from this page, or gives it back. */
  async setOffline(offline: boolean): Promise<void> {
    await this.send("Network.enable");
    const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await this.send("Network.emulateNetworkConditions", { offline, ...unlimited });
  }

  /** Id of the process that runs this page: the one whose processor time grows while the page is busy. */
  async processId(): Promise<number> {
    const renderers = async (): Promise<Map<number, number>> => {
      const { processInfo } = await this.#devtools.send<{ processInfo: { id: number; type: string }[] }>(
        "SystemInfo.getProcessInfo",
      );
      const ids = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
      return new Map(await Promise.all(ids.map(async (id) => [id, await processorTime(id)] as const)));
    };
    const before = await renderers();
    if (before.size === 1) return [...before.keys()][0]!;
    const busy = (ms: number): void => {
      for (const end = performance.now() + ms; performance.now() < end; );
    };
    for (let ms = 100; ; ms *= 2) {
      await this.call(busy, ms);
      const grown = [...(await renderers())].map(([id, time]) => ({ id, grown: time - (before.get(id) ?? 0) }));
      const [first, second] = grown.sort((a, b) => b.grown - a.grown);
      if (first && first.grown >= 5 && first.grown > 4 * (second?.grown ?? 0)) return first.id;
      if (ms > 2_000) throw new Error("Cannot tell which process runs the page");
      for (const [id, time] of await renderers()) before.set(id, time);
    }
  }

  /** Sends a signal to the process of the page. */
  async signal(name: NodeJS.Signals): Promise<void> {
    process.kill(await this.processId(), name);
  }

  /** Closes the tab as a person does, without asking the page. */
  async close(): Promise<void> {
    await this.#devtools.send("Target.closeTarget", { targetId: this.#target }).catch(() => undefined);
  }
}

/** User and system time in clock ticks, of all threads. */
async function processorTime(id: number): Promise<number> {
  const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return user + system;
}
