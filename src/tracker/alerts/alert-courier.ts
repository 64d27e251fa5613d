import { fnv64 } from "../../internal/fnv64.ts";
import { sleep } from "../../queue/send/sleep.ts";
import { type Core, inBackground } from "../core.ts";
import { textOf } from "../entries.ts";
import { quote } from "../key.ts";
import { alertTag, OWED_TAG, type Told, type Way } from "./alert-tags.ts";
import type { CheckedRule } from "./checked-rule.ts";
import { claimPosts } from "./claim-posts.ts";
import { whenClosed } from "./when-closed.ts";
import { type PostOutcome, postAlert } from "./post-alert.ts";

/** Milliseconds that one post may take. */
const PATIENCE = 10_000;
/** Milliseconds before the first attempt after one that failed, and at most. */
const FIRST = 1000;
const LONGEST = 300_000;
/** Milliseconds for which other tabs keep silent at least. */
const HUSH = 1000;

/** A run whose alerts are told. */
export interface AlertedRun {
  readonly localId: string;
  readonly name: string;
  setTag(key: string, value: string): void;
}

/** What there was before a courier. */
export interface Earlier {
  readonly told: readonly Told[];
  /** Ways that the alerts were to take. */
  readonly ways: readonly Way[];
  /** Lets go of the posts, which are taken over already. */
  readonly claim?: () => void;
}

/** Brings the alerts of one rule to where they go, each once. */
export class AlertCourier {
  readonly #core: Core;
  readonly #run: AlertedRun;
  #rule: CheckedRule;
  #told: Told[];
  /** While it is held, no other tab or process delivers an alert of this rule. */
  #hush: Promise<(() => void) | undefined> | undefined;
  #hushes = 0;
  /** While it is held, no other tab or process posts what this rule of this run owes. */
  #claim: Promise<(() => void) | undefined> | undefined;
  /** Alerts whose webhook has not answered for good. */
  readonly #posting = new Set<Told>();
  #owes = false;
  /** An earlier process owes posts, and nobody has said yet where they go. */
  #waits: boolean;

  constructor(core: Core, run: AlertedRun, rule: CheckedRule, { told, ways, claim }: Earlier) {
    this.#core = core;
    this.#run = run;
    this.#rule = rule;
    this.#told = [...told];
    this.#waits = ways.includes("webhook");
    if (claim !== undefined) {
      this.#claim = Promise.resolve(claim);
      this.#owes = true;
    }
  }

  /** Goes on to other places; those get what `ways` of an earlier process were owed. Waits for the first attempts. */
  async readdress(rule: CheckedRule, owed: readonly Way[]): Promise<void> {
    this.#rule = rule;
    this.#waits = false;
    const firsts = [...this.#told].map((told) => this.#send(told, owed, true));
    if (this.#posting.size > 0) this.#owes = true;
    else if (this.#owes) {
      this.#write();
      this.#letGo();
    }
    await Promise.all(firsts);
  }

  /** Delivers an alert, unless another tab or process does. */
  deliver(told: Told): void {
    const work = this.#isOurs().then((ours) => {
      if (!ours || this.#core.guard.closed) return;
      this.#told.push(told);
      void this.#send(told, ["callback", "webhook"]);
      this.#write();
    });
    inBackground(this.#core, work);
  }

  /** Of all that share the queue, the first in a cooldown tells. */
  async #isOurs(): Promise<boolean> {
    const hush = ++this.#hushes;
    this.#hush ??= this.#silence();
    if ((await this.#hush) === undefined) {
      this.#hush = undefined;
      return false;
    }
    this.#core.runtime.clock.after(Math.max(HUSH, this.#rule.cooldown), () => {
      if (hush === this.#hushes) this.release();
    });
    return true;
  }

  /** Where there is no lock, such as in a page without https, telling twice is better than not at all. */
  async #silence(): Promise<(() => void) | undefined> {
    const none = (): void => {};
    const locks = this.#core.locks ?? (await this.#core.queue.locks().catch(() => undefined));
    const name = `alert-${fnv64(`${this.#run.localId} ${this.#rule.id}`)}`;
    return locks === undefined ? none : locks.acquire(name, { once: true }).catch(() => none);
  }

  /** Lets others tell. */
  release(): void {
    void this.#hush?.then((release) => release?.());
    this.#hush = undefined;
  }

  /** @param earlier It is of an earlier process: another one that lives may be at it. */
  #send(told: Told, ways: readonly Way[], earlier = false): Promise<unknown> | undefined {
    // The listener may end the process: that there is something to post is known before.
    const post = ways.includes("webhook") && !told.sent.has("webhook") ? this.#post(told, earlier) : undefined;
    if (ways.includes("callback") && !told.sent.has("callback")) this.#call(told);
    return post;
  }

  #call(told: Told): void {
    const { onAlert } = this.#rule;
    if (onAlert === undefined) return;
    // Said before it is done: a listener may end the run, or the process.
    told.sent.add("callback");
    this.#write();
    const tell = (cause: unknown): void =>
      this.#tell(`The listener of the alert rule ${quote(this.#rule.id)} threw: ${textOf(cause)}`, cause);
    try {
      void Promise.resolve(onAlert(told.alert)).catch(tell);
    } catch (cause) {
      tell(cause);
    }
  }

  /** The first attempt is waited for at the end of a run; what follows goes on for as long as the process lives. */
  #post(told: Told, earlier: boolean): Promise<unknown> | undefined {
    if (this.#rule.webhook === undefined || this.#posting.has(told)) return undefined;
    this.#posting.add(told);
    this.#claim ??= claimPosts(this.#core, this.#run.localId, this.#rule.id);
    const first = this.#claim.then((claim) => (claim === undefined && earlier ? undefined : this.#attempt(told)));
    inBackground(this.#core, first);
    void first.then(async (outcome) => {
      if (outcome !== undefined) await this.#again(told, outcome);
      this.#posting.delete(told);
      // It was refused for good; one that another process is at is that one's to say.
      if (outcome !== undefined && this.#owes) this.#write();
      if (this.#posting.size === 0) this.#letGo();
    });
    return first;
  }

  /** A moment later: who has read the tags of the run just before does not post again. */
  #letGo(): void {
    const claim = this.#claim;
    this.#claim = undefined;
    if (this.#core.guard.closed) void claim?.then((release) => release?.());
    else this.#core.runtime.clock.after(HUSH, () => void claim?.then((release) => release?.()));
  }

  async #again(told: Told, first: PostOutcome): Promise<void> {
    const { runtime, guard } = this.#core;
    let outcome = first;
    for (let wait = FIRST; !outcome.sent && !guard.closed; wait = Math.min(LONGEST, 2 * wait)) {
      const { again, reason, after = 0 } = outcome;
      const what = `Cannot deliver an alert to ${this.#rule.webhook?.url.host ?? "its webhook"} as ${reason}`;
      this.#tell(
        `${what}: ${again ? "it is tried again" : "look at the rule's webhook; the alert stands in a tag of the run"}`,
      );
      if (!again) return;
      const jitter = 0.5 + runtime.random.fraction() / 2;
      await this.#rest(Math.min(LONGEST, Math.max(after, wait * jitter)));
      if (!guard.closed) outcome = await this.#attempt(told);
    }
  }

  /** Waits, but not longer than until the platform says that the network is back. */
  async #rest(ms: number): Promise<void> {
    const back = new AbortController();
    const { clock, online } = this.#core.runtime;
    const forget = online.onOnline(() => back.abort());
    // A tracker that has closed leaves the rest to others, at once.
    const stay = whenClosed(this.#core, () => back.abort());
    await sleep(clock, ms, back.signal);
    stay();
    forget();
  }

  async #attempt(told: Told): Promise<PostOutcome> {
    const { webhook } = this.#rule;
    if (webhook === undefined) return { sent: true };
    const { fetch, clock } = this.#core.runtime;
    const controller = new AbortController();
    const timer = clock.after(PATIENCE, () => controller.abort());
    const attempt = postAlert(fetch, webhook, told.alert, { now: clock.now(), signal: controller.signal });
    const late = new Promise<PostOutcome>((resolve) => {
      const reason = `it gives no answer within ${PATIENCE / 1000} s`;
      controller.signal.addEventListener("abort", () => resolve({ sent: false, again: true, reason }));
    });
    const failed = (cause: unknown): PostOutcome => ({ sent: false, again: false, reason: textOf(cause) });
    const outcome = await Promise.race([attempt.catch(failed), late]);
    timer.cancel();
    if (outcome.sent) {
      told.sent.add("webhook");
      this.#write();
    }
    return outcome;
  }

  #write(): void {
    if (this.#core.guard.closed) return;
    const { id, webhook } = this.#rule;
    const isOwed = (told: Told): boolean => !told.sent.has("webhook") && (this.#waits || this.#posting.has(told));
    const { tag, listed } = alertTag(id, this.#told, isOwed);
    if (this.#told.some((told) => isOwed(told) && !listed.includes(told))) this.#tell(noRoom(id));
    this.#told = listed;
    this.#run.setTag(...tag);
    const owes = webhook !== undefined && [...this.#posting].some(({ sent }) => !sent.has("webhook"));
    if (owes !== this.#owes) this.#run.setTag(OWED_TAG + id, owes ? "webhook" : "none");
    this.#owes = owes;
  }

  #tell(message: string, cause?: unknown): void {
    this.#core.guard.tell({ kind: "alert", message, run: this.#run.localId, ...(cause !== undefined && { cause }) });
  }
}

function noRoom(rule: string): string {
  return `Cannot note all alerts of the rule ${quote(rule)} that nobody has taken as a tag has no room for more: the oldest are posted by this process or not at all`;
}
