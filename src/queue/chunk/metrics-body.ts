import { ValidationError } from "../../errors/usage-errors.ts";
import { DigitWriter } from "./digit-writer.ts";
import type { MetricColumns } from "./columns.ts";

const text = new TextEncoder();
const [timestampName, stepName, end, close] = [',"timestamp":', ',"step":', "}", "]}"].map((part) => text.encode(part));

/** Bytes of three numbers and all names of a row but that of its key. */
const ROW = 128;

/** Kept from one body to the next. */
const writer = new DigitWriter();

/**
 * The JSON body of the `log-batch` request that a metrics chunk is, as bytes. Written straight from the columns: no object
 * and no text per point but that of a value that is not whole. A text of a thousand points is put together from some
 * thousand others, which are four times its size of garbage.
 *
 * @param modelId The logged model that gets the points as well.
 * @throws ValidationError on a step or timestamp that is no safe integer: MLflow would answer 200 and drop the rest.
 */
export function metricsBody(runId: string, columns: MetricColumns, modelId?: string): Uint8Array<ArrayBuffer> {
  const last = modelId === undefined ? end! : text.encode(`,"model_id":${JSON.stringify(modelId)}}`);
  const others = columns.keys.map((key) => text.encode(`,{"key":${JSON.stringify(key)},"value":`));
  const longest = others.reduce((most, { length }) => Math.max(most, length), 0);
  writer.begin(text.encode(`{"run_id":${JSON.stringify(runId)},"metrics":[`));
  for (let row = 0; row < columns.count; row++) {
    const index = columns.key[row]!;
    const timestamp = columns.timestamp[row]!;
    const step = columns.step[row]!;
    if (!Number.isSafeInteger(step) || !Number.isSafeInteger(timestamp)) {
      const key = columns.keys[index]!;
      throw new ValidationError(`Cannot log metric "${key}" as step and timestamp must be integers`, { key });
    }
    writer.reserve(longest + ROW + last.length);
    const name = others[index]!;
    writer.bytes(row === 0 ? name.subarray(1) : name);
    writer.number(columns.value[row]!);
    writer.bytes(timestampName!);
    writer.integer(timestamp);
    writer.bytes(stepName!);
    writer.integer(step);
    writer.bytes(last);
  }
  writer.reserve(close!.length);
  writer.bytes(close!);
  return writer.taken();
}
