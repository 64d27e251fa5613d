import type { ServerContext } from "../context.ts";
import type { Fields } from "../fields.ts";
import { show } from "../fields.ts";
import { refuseValue } from "../refusal.ts";
import { checkKey } from "./check-key.ts";
import { limits } from "./limits.ts";
import type { KeyValue } from "./tag-rows.ts";
import { cut } from "./text-length.ts";

/** A param, checked; a long value is cut, as MLflow does. An absent value is "". */
export function paramOf(fields: Fields): KeyValue {
  const key = fields.requiredText("key");
  checkKey(key, fields.nameOf("key"));
  return { key, value: cut(fields.text("value") ?? "", limits.paramValue) };
}

/** Refuses a batch that names a param twice, even with equal values. */
export function checkDistinctParams(params: readonly KeyValue[]): void {
  const seen = new Set<string>();
  for (const { key } of params) {
    if (seen.has(key)) {
      refuseValue(
        `Duplicate parameter keys have been submitted: ['${key}']. Please ensure the request contains only one param value per param key.`,
      );
    }
    seen.add(key);
  }
}

/** Writes params: an equal value that is there is left, another one is refused. Call it in a transaction. */
export function writeParams({ db }: ServerContext, runId: string, params: readonly KeyValue[]): void {
  const write = db.prepare("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const read = db.prepare("SELECT value FROM params WHERE key = ? AND run_uuid = ?");
  for (const { key, value } of params) {
    if (write.run(key, value, runId) > 0) continue;
    const stored = read.get(key, runId)?.["value"];
    if (stored === value) continue;
    refuseValue(
      `Changing param values is not allowed. Param with key='${key}' was already logged with value=${show(stored)} for run ID='${runId}'. Attempted logging new value ${show(value)}.`,
    );
  }
}
