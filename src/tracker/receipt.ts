import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import type { ModelReceipt, Receipt, ReceiptLine } from "../queue/types.ts";
import { type Core, handedOver } from "./core.ts";
import { limited } from "./limited.ts";
import { modelsOfRun } from "./log-model.ts";
import type { Resources } from "../client/resources.ts";
import { groupThousands } from "../internal/group-thousands.ts";
import { withDiscarded } from "./quarantine.ts";
import { ownWrites } from "./reads.ts";
import { PointSum } from "../queue/account/point-sum.ts";
import { serverRunId } from "./server-run-id.ts";
import { type Shown, shown } from "./shown.ts";

/** Doubts that a receipt shows in one line. */
const SHOWN = 3;

/** What was logged to a run and what became of it; with `verify`, the server is asked for all of it. */
export function runReceipt(
  core: Core,
  localId: string,
  options: (CallOptions & { readonly verify?: boolean }) | undefined,
): Promise<Receipt & Shown> {
  return limited(core, "receipt", options, "verify", async (limits) => {
    await handedOver(core, limits);
    if (options?.verify !== true) return show(await wholeReceipt(core, localId));
    await ownWrites(core, localId, limits);
    const receipt = await wholeReceipt(core, localId);
    return show(await verified(core, receipt, await serverRunId(core, localId, limits), limits));
  });
}

/** With what was logged to the models of the run, which the queue counts as if each were a run. */
async function wholeReceipt(core: Core, localId: string): Promise<Receipt> {
  const counted = await core.queue.receipt(localId);
  const receipt = { ...counted, lines: withDiscarded(core.guard, localId, counted.lines) };
  const of = async (model: string): Promise<ModelReceipt> => {
    const { runId, lines } = await core.queue.receipt(model);
    return { model, modelId: runId, lines };
  };
  const models = await Promise.all(modelsOfRun(core, localId).map(of));
  return models.length === 0 ? receipt : { ...receipt, models };
}

async function verified(core: Core, receipt: Receipt, runId: string, limits: CallOptions): Promise<Receipt> {
  const client = await core.client();
  const run = await client.runs.get(runId, limits);
  const lines: ReceiptLine[] = [];
  const doubts: Doubt[] = [];
  const check = (line: ReceiptLine, readBack: number, equal: boolean): ReceiptLine => {
    const doubt = doubtOf({ ...line, readBack }, equal);
    if (doubt) doubts.push(doubt);
    return { ...line, readBack };
  };
  for (const line of receipt.lines) {
    // What was refused at the call never left, and its key may be one that MLflow does not even let itself be asked for.
    const sent = line.distinct > 0;
    const points = sent && line.kind === "metric" ? await readPoints(client, runId, line.key, limits) : undefined;
    const count = points?.count ?? (sent ? await readOther(client, run, line, limits) : 0);
    // A key that others wrote to, or this run before it was resumed, may hold more than was logged here.
    const equal = points === undefined || count !== line.distinct || (line.hash ?? points.hash) === points.hash;
    lines.push(check(line, count, equal));
  }
  if (receipt.models === undefined) return { ...receipt, lines, runId, ...verdictOf(doubts) };
  const { readModel } = await import("../queue/models/late-models.ts");
  const models: ModelReceipt[] = [];
  for (const model of receipt.models) {
    const back = await readModel(client, model, limits);
    models.push({ ...model, lines: model.lines.map((line) => check(line, back(line), true)) });
  }
  return { ...receipt, lines, models, runId, ...verdictOf(doubts) };
}

/** Why a line is not known to be whole on the server. */
interface Doubt {
  readonly text: string;
  /** It may be whole: nobody knows. */
  readonly open: boolean;
}

function doubtOf(line: ReceiptLine & { readonly readBack: number }, equal: boolean): Doubt | undefined {
  const { kind, key, logged, distinct, acknowledged, readBack } = line;
  const lost = line.quarantined + line.dropped;
  const of = (text: string, open = false): Doubt => ({ text: `${kind} ${JSON.stringify(key)}: ${text}`, open });
  if (lost > 0) return of(`${groupThousands(lost)} of ${groupThousands(logged)} set aside or dropped`);
  if (!equal) return of("the server has other points than those that were logged");
  if (readBack >= distinct) return undefined;
  // Without a sum over its points, `distinct` counts some of them again.
  if (kind !== "metric" || line.hash !== undefined || readBack === 0 || acknowledged < logged) {
    return of(`${groupThousands(readBack)} of ${groupThousands(distinct)} read back`);
  }
  const read = `${groupThousands(readBack)} points read back`;
  return of(`${read}, and how many of the ${groupThousands(distinct)} are different ones is not known`, true);
}

function verdictOf(doubts: readonly Doubt[]): Pick<Receipt, "verified" | "doubts"> {
  if (doubts.length === 0) return { verified: true };
  const texts = { doubts: doubts.map(({ text }) => text) };
  return doubts.every(({ open }) => open) ? texts : { verified: false, ...texts };
}

/** The different points of a metric on the server: how many, and the sum that the queue keeps of those it took. */
async function readPoints(
  client: Resources,
  runId: string,
  key: string,
  limits: CallOptions,
): Promise<{ readonly count: number; readonly hash: string }> {
  const seen = new Set<number>();
  const sum = new PointSum();
  for await (const { step, timestamp, value } of client.metrics.history({ runId, key }, limits)) {
    const hash = PointSum.hash(step, timestamp, value);
    if (!seen.has(hash)) sum.add(step, timestamp, value);
    seen.add(hash);
  }
  return { count: seen.size, hash: String(sum) };
}

async function readOther(client: Resources, run: RunData, line: ReceiptLine, limits: CallOptions): Promise<number> {
  const { runId } = run.info;
  switch (line.kind) {
    case "param":
      return Object.hasOwn(run.data.params, line.key) ? 1 : 0;
    case "tag":
      return Object.hasOwn(run.data.tags, line.key) ? 1 : 0;
    case "input":
      return run.inputs.datasets.filter(({ dataset }) => dataset.name === line.key).length;
    case "artifact": {
      const above = line.key.includes("/") ? line.key.slice(0, line.key.lastIndexOf("/")) : undefined;
      const files = await client.artifacts.list(runId, above, limits);
      return files.some((file) => file.path === line.key) ? 1 : 0;
    }
    default:
      return 0;
  }
}

function show(receipt: Receipt): Receipt & Shown {
  return shown(receipt, () => {
    const { verified, doubts = [] } = receipt;
    const doubt = [...doubts.slice(0, SHOWN), ...(doubts.length > SHOWN ? ["…"] : [])].join("; ");
    const not = doubt && `, ${verified === undefined ? "not decided" : "not verified"}: ${doubt}`;
    const verdict = verified ? ", verified" : not;
    const models = (receipt.models ?? []).flatMap(({ model, modelId, lines }) => [
      `  model ${modelId ?? model}`,
      ...lines.map((line) => `  ${shownLine(line)}`),
    ]);
    const head = `Receipt of run ${receipt.runId ?? receipt.run}${verdict}`;
    return [head, ...receipt.lines.map(shownLine), ...models].join("\n");
  });
}

function shownLine(line: ReceiptLine): string {
  const lost = [line.dropped > 0 && `${line.dropped} dropped`, line.quarantined > 0 && `${line.quarantined} refused`];
  const read = line.readBack === undefined ? [] : [`${line.readBack} read back`];
  const facts = [
    `${line.logged} logged`,
    `${line.acknowledged} acknowledged`,
    ...read,
    ...lost.filter((text) => text !== false),
  ];
  return `  ${line.kind} ${line.key}: ${facts.join(", ")}`;
}
