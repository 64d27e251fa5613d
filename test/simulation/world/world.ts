import { Book, type RunBook } from "../checks/book.ts";
import { Checks } from "../checks/checks.ts";
import type { Mutant } from "../mutants.ts";
import type { WireReply } from "../oracle/oracle.ts";
import { Chance } from "./chance.ts";
import { Credentials } from "./credentials.ts";
import { Disk } from "./disk.ts";
import { type Weather, weatherOf } from "./faults.ts";
import { Hits } from "./hits.ts";
import { Network } from "./network.ts";
import type { RequestKind } from "./request-kind.ts";
import type { Sent } from "./trip.ts";
import { SimProcess } from "./process.ts";
import type { DeliveryOptions } from "../../../src/queue/types.ts";
import type { SimServer } from "./server.ts";
import type { Plan } from "./plan.ts";
import { MANNERS, Sharing } from "./sharing.ts";
import { Timeline } from "./timeline.ts";

/** Every so many seeds go by the whole client. */
const WHOLE = 20;

/** Faults that hide an answer. */
const CUT: readonly string[] = ["reply cut", "5xx after acting"];

/** Everything there is in one simulation. */
export class World {
  readonly seed: number;
  readonly mutant: Mutant;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly hits: Hits = new Hits();
  readonly book: Book = new Book();
  readonly checks: Checks;
  readonly disk: Disk;
  readonly weather: Weather;
  readonly sharing: Sharing;
  readonly credentials: Credentials;
  readonly network: Network;
  readonly server: SimServer;
  readonly processes: SimProcess[] = [];
  /** Items that went with a process that was killed. */
  lost = 0;
  /** When the server created its runs. */
  readonly createdAt: Map<string, number> = new Map();
  /** What is missing at the end, and must not be unless it was dropped. */
  readonly missing: string[] = [];
  /** Bytes of a body above which a proxy answers 413. */
  bodyLimit: number = Number.POSITIVE_INFINITY;
  /** Runs of the server that the credentials may not write. */
  readonly revoked: Set<string> = new Set();
  /** Requests go by the whole client, and not by a light one. */
  readonly whole: boolean;
  /** The only thing that goes wrong, where that is laid down. */
  readonly plan: Plan | undefined;
  readonly #trace: ((line: string) => void) | undefined;

  constructor(
    seed: number,
    mutant: Mutant,
    server: (world: World) => SimServer,
    trace: ((line: string) => void) | undefined,
    plan?: Plan,
  ) {
    this.seed = seed;
    this.mutant = mutant;
    this.#trace = trace;
    this.plan = plan;
    this.whole = seed % WHOLE === WHOLE / 2;
    this.timeline = new Timeline(!this.whole);
    this.chance = new Chance(seed, "world");
    this.checks = new Checks(this);
    this.disk = new Disk(this.checks);
    this.weather = weatherOf(new Chance(seed, "weather"));
    const sharing = new Chance(seed, "sharing");
    const manner = sharing.pick(MANNERS);
    const planned = plan?.manner === "alone" ? undefined : plan?.manner;
    this.sharing = new Sharing(planned ?? manner, this.timeline, sharing);
    this.credentials = new Credentials(seed);
    this.network = new Network(this, this.weather);
    this.server = server(this);
  }

  /** Processes that live. */
  get live(): readonly SimProcess[] {
    return this.processes.filter(({ alive }) => alive);
  }

  start(delivery: DeliveryOptions): SimProcess {
    const process = new SimProcess(this, `p${this.processes.length + 1}`, delivery);
    this.processes.push(process);
    this.note(() => `${process.name} starts`);
    return process;
  }

  /** Somebody reads what happens. */
  get isTraced(): boolean {
    return this.#trace !== undefined;
  }

  note(text: string | (() => string)): void {
    if (this.#trace) this.#write(typeof text === "string" ? text : text());
  }

  #write(text: string): void {
    this.#trace?.(`${(this.timeline.now / 1000).toFixed(3).padStart(10)} ${text}`);
  }

  /** Milliseconds that a disk takes for one operation. */
  diskTime(): number {
    return this.chance.fraction() * 3;
  }

  /** Has the server act on a request. */
  async serve(sent: Sent, lag: number): Promise<WireReply> {
    const { wire, kind, body, failedAt } = sent;
    if (wire.body.length > this.bodyLimit && kind !== "put artifact") {
      return { status: 413, type: "text/html", text: "<html><title>413 Request Entity Too Large</title></html>" };
    }
    if (this.revoked.has(String(body["run_id"]))) {
      return { status: 403, type: "application/json", text: '{"error_code":"PERMISSION_DENIED","message":"no"}' };
    }
    if (kind === "metrics" && sent.text.includes('"poison"')) {
      return { status: 500, type: "text/html", text: "<html><title>500 Internal Server Error</title></html>" };
    }
    this.checks.arriving(sent);
    // Its sender waits for it no more.
    if (failedAt !== undefined || !sent.process.alive || this.disk.leader !== sent.process) this.late(sent);
    const found = this.server.handle(wire, lag);
    const reply = found instanceof Promise ? await this.timeline.hold(found) : found;
    if (kind === "create run" && reply.status < 400) this.#created(sent, reply);
    // Nobody waits for it, and somebody finds it and adds a file: it is not deleted then.
    if (kind === "create model" && reply.status < 400 && failedAt !== undefined) this.#found(reply, sent.number);
    return reply;
  }

  #created(sent: Sent, { text }: WireReply): void {
    const { run_id: id } = (JSON.parse(text) as { run: { info: { run_id: string } } }).run.info;
    this.createdAt.set(id, this.timeline.now);
    // Nobody knows yet that it was created: now and then a person deletes it at once.
    const run = CUT.includes(sent.fault as string) ? this.runOf(sent) : undefined;
    if (!run || !new Chance(this.seed + sent.number, "person").may(0.2)) return;
    this.timeline.after(20, () => void this.deleteRun(run, id));
  }

  #found({ text }: WireReply, number: number): void {
    const { model_id: id } = (JSON.parse(text) as { model: { info: { model_id: string } } }).model.info;
    if (new Chance(this.seed + number, "stranger").may(0.6)) this.server.addFile?.(id);
  }

  /** A request that its sender has given up reaches the server. */
  late(sent: Sent): void {
    const { kind, process, number, failedAt } = sent;
    this.note(() => `${process.name} #${number} ${kind} arrives late`);
    const givenUpAt = failedAt ?? process.crashedAt ?? 0;
    this.runOf(sent)?.lates.push({ kind, process, at: this.timeline.now, givenUpAt, fields: fieldsOf(sent) });
  }

  /** The run that a request is about. */
  runOf({ kind, body, text }: Sent): RunBook | undefined {
    const named = NAMED.has(kind);
    const ours = named ? OUR_ID.exec(text)?.[1] : this.disk.store.localIds.get(String(body["run_id"]));
    return ours === undefined ? undefined : this.book.runs.get(ours);
  }

  /** A person deletes a run. */
  async deleteRun(run: RunBook, runId: string): Promise<void> {
    this.note(() => `a person deletes run ${run.localId}`);
    run.cause = run.blocked = "deleted";
    run.personDeleted.add(runId);
    await this.server.setDeleted(runId, true);
  }
}

/** In a create or a search. */
const NAMED: ReadonlySet<RequestKind> = new Set<RequestKind>([
  "create run",
  "search runs",
  "create model",
  "search models",
]);
const OUR_ID = /mlflow\.tracklet\.(?:runId|modelId)(?:","value":"|` = ')([^"']+)/;

/** Fields of a run that a request writes. */
function fieldsOf({ kind, body }: Sent): string[] {
  if (kind === "tags") return (body["tags"] as readonly { key: string }[]).map(({ key }) => `tag ${key}`);
  if (kind === "set tag" || kind === "delete tag") return [`tag ${String(body["key"])}`];
  return kind === "update run" ? ["status", "name"] : [];
}
