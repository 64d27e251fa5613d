import type { ServerContext } from "../context.ts";
import type { Fields } from "../fields.ts";
import { checkKey } from "./check-key.ts";
import { limits } from "./limits.ts";
import { cut } from "./text-length.ts";

/** A key with its text. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** The tag whose value is also the run's name. */
export const runNameTag = "mlflow.runName";

/** A tag of a run, checked; a long value is cut, as MLflow does. An absent value is "". */
export function runTagOf(fields: Fields): KeyValue {
  const key = fields.requiredText("key");
  checkKey(key, fields.nameOf("key"));
  return { key, value: cut(fields.text("value") ?? "", limits.tagValue) };
}

/** Sets tags of a run, the last of equal keys wins. */
export function writeRunTags({ db }: ServerContext, runId: string, tags: readonly KeyValue[]): void {
  const write = db.prepare(
    "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?) ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
  );
  for (const { key, value } of tags) {
    if (key === runNameTag) {
      // An empty name changes nothing, neither here nor in runs/update.
      if (value === "") continue;
      db.prepare("UPDATE runs SET name = ? WHERE run_uuid = ?").run(value, runId);
    }
    write.run(key, value, runId);
  }
}
