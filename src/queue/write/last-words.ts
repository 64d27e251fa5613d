import type { Lifecycle } from "../../runtime/ports/lifecycle.ts";
import { decodeMetrics, encodeMetrics } from "../chunk/chunk-codec.ts";
import { pickRows } from "../chunk/columns.ts";
import type { Drain } from "../drain/drain.ts";
import type { MetricBuffer } from "./metric-buffer.ts";
import { metricsBody } from "../chunk/metrics-body.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { Writer } from "./writer.ts";

/** Bytes of all bodies on their way that outlive one page: browsers allow 64 KiB, for whatever else the page sends as well. */
const MOST = 60_000;
const underway = new WeakMap<Lifecycle, number>();

/**
 * Sends the last points of runs that the server has, by requests that outlive the page. Best effort: nothing waits for an
 * answer and no state changes, so that the next page sends the same points again, which changes nothing on the server.
 *
 * All queues of a page share what may be sent.
 */
export function sendLastWords({ client, parts }: Drain, writer: Writer): void {
  if (!client) return;
  const page = parts.runtime.lifecycle;
  for (const buffer of buffersOf(writer)) {
    const mapping = parts.mappings.get(buffer.run);
    const body = mapping && bodyOf(buffer, mapping, MOST - (underway.get(page) ?? 0));
    if (!body) continue;
    const { length } = body;
    const count = (bytes: number): unknown => underway.set(page, (underway.get(page) ?? 0) + bytes);
    count(length);
    // The page may come back, and be left again.
    const over = (): unknown => count(-length);
    client.runs.logBatchBody(body, { keepalive: true, retry: false }).then(over, over);
  }
}

/** What is in memory of metrics, the open chunks first: of NaN nothing, which old servers refuse the second time. */
function* buffersOf({ runs, outbox }: Writer): Iterable<MetricBuffer> {
  for (const { buckets } of runs.values()) for (const { values } of buckets) yield values;
  for (const { buffer } of outbox) if (buffer && !Number.isNaN(buffer.value[0])) yield buffer;
}

/** The body of as many of the last points as may be sent. */
function bodyOf(
  buffer: MetricBuffer,
  { runId: id, model }: RunMapping,
  most: number,
): Uint8Array<ArrayBuffer> | undefined {
  for (let rows = buffer.count; rows > 0; ) {
    const points = pickRows(buffer, (row) => row >= buffer.count - rows);
    // In the order of a chunk: servers before 2026 refuse others the second time.
    const columns = decodeMetrics(encodeMetrics(points));
    const body = model
      ? metricsBody(model.runId, columns, model.folder === undefined ? id : undefined)
      : metricsBody(id, columns);
    const { length } = body;
    if (length <= most) return body;
    rows = Math.min(rows - 1, Math.floor((rows * most) / length));
  }
  return undefined;
}
