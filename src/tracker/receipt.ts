import type { CallOptions } from "../client/types/connection.ts";
import type { MetricPoint, RunData } from "../client/types/entities.ts";
import type { Receipt, ReceiptLine } from "../queue/types.ts";
import { type Core, handedOver } from "./core.ts";
import { limited } from "./limited.ts";
import type { Resources } from "./resources.ts";
import { ownWrites } from "./reads.ts";
import { serverRunId } from "./server-run-id.ts";
import { type Shown, shown } from "./shown.ts";

/** What was logged to a run and what became of it; with `verify`, the server is asked for all of it. */
export function runReceipt(
  core: Core,
  localId: string,
  options: (CallOptions & { readonly verify?: boolean }) | undefined,
): Promise<Receipt & Shown> {
  return limited(core, "receipt", options, async (limits) => {
    await handedOver(core, limits);
    if (options?.verify !== true) return show(account(core, localId));
    await ownWrites(core, localId, limits);
    const receipt = account(core, localId);
    return show(await verified(core, receipt, await serverRunId(core, localId, limits), limits));
  });
}

/** The queue's account, with what was rejected before it got there. */
function account({ queue, guard }: Core, localId: string): Receipt {
  const receipt = queue.receipt(localId);
  const rest = new Map(guard.rejectedOf(receipt.run).map((line) => [`${line.kind} ${line.key}`, line]));
  const lines = receipt.lines.map((line) => {
    const id = `${line.kind} ${line.key}`;
    const more = rest.get(id)?.count ?? 0;
    rest.delete(id);
    return { ...line, logged: line.logged + more, quarantined: line.quarantined + more };
  });
  for (const { kind, key, count } of rest.values()) {
    lines.push({ kind, key, logged: count, distinct: 0, acknowledged: 0, dropped: 0, quarantined: count });
  }
  return { ...receipt, lines };
}

async function verified(core: Core, receipt: Receipt, runId: string, limits: CallOptions): Promise<Receipt> {
  const client = await core.client();
  const run = await client.runs.get(runId, limits);
  const lines: ReceiptLine[] = [];
  for (const line of receipt.lines) {
    // What was refused at the call never left, and its key may be one that MLflow does not even let itself be asked for.
    const sent = line.distinct > 0;
    lines.push({ ...line, readBack: sent ? await readBack(client, run, line, limits) : 0 });
  }
  // A key that others wrote to, or this run before it was resumed, may hold more than was logged here.
  const whole = lines.every((line) => line.readBack !== undefined && line.readBack >= line.distinct);
  return { ...receipt, lines, runId, verified: whole && lines.every((line) => line.quarantined + line.dropped === 0) };
}

async function readBack(client: Resources, run: RunData, line: ReceiptLine, limits: CallOptions): Promise<number> {
  const { runId } = run.info;
  switch (line.kind) {
    case "metric": {
      const points = new Set<string>();
      for await (const point of client.metrics.history({ runId, key: line.key }, limits)) points.add(pointText(point));
      return points.size;
    }
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
  }
}

function pointText({ step, timestamp, value }: MetricPoint): string {
  return `${step} ${timestamp} ${value}`;
}

function show(receipt: Receipt): Receipt & Shown {
  return shown(receipt, () => {
    const rows = receipt.lines.map((line) => {
      const lost = [
        line.dropped > 0 && `${line.dropped} dropped`,
        line.quarantined > 0 && `${line.quarantined} refused`,
      ];
      const read = line.readBack === undefined ? [] : [`${line.readBack} read back`];
      const facts = [
        `${line.logged} logged`,
        `${line.acknowledged} acknowledged`,
        ...read,
        ...lost.filter((text) => text !== false),
      ];
      return `  ${line.kind} ${line.key}: ${facts.join(", ")}`;
    });
    const verdict = receipt.verified === undefined ? "" : receipt.verified ? ", verified" : ", not verified";
    return [`Receipt of run ${receipt.runId ?? receipt.run}${verdict}`, ...rows].join("\n");
  });
}
