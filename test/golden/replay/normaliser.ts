import type { Variables } from "./expand.ts";
import type { Json } from "./scenario.ts";

const timeKeys: ReadonlySet<string> = new Set(
  (
    "creation_time last_update_time creation_timestamp last_updated_timestamp creation_timestamp_ms " +
    "last_updated_timestamp_ms start_time end_time timestamp timestamp_ms created_time last_updated_time " +
    "created_timestamp created_at last_updated_at created_at_ms last_updated_at_ms utc_time_created " +
    "creation_time_ms last_update_time_ms last_updated created_time_ms last_updated_time_ms"
  ).split(" "),
);
const idKeys: ReadonlySet<string> = new Set(["experiment_id", "experiment_ids", "source_experiment_id"]);
const pathKeys: ReadonlySet<string> = new Set(
  "artifact_uri artifact_location root_uri source path storage_location".split(" "),
);
const keyedLists: ReadonlySet<string> = new Set(
  "tags params aliases registrations request_metadata model_params dataset_inputs model_inputs model_outputs".split(
    " ",
  ),
);

const sqlError = /\[SQL:|sqlite3\.|psycopg|pymysql/u;
const absolutePath = /(?<![\w:./$}-])\/(?!(?:api|ajax-api|get-artifact)\/)(?:[\w.+@%-]+\/)+[\w.+@%${}-]*/gu;
const hexId = /\b(m-|tr-|a-|d-|s-|w-|iss-|trace:\/)?[0-9a-f]{32}\b/gu;
const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gu;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?$/u;
const setListing = /\{'[^{}']*'(?:, '[^{}']*')*\}?/gu;
const stamp = /(?<![\w.])1[0-9]{12}(?![\w.])/gu;
const generatedName = /^[a-z]+-[a-z]+-\d{1,4}$/u;

/** Replaces what differs from run to run (ids, times, tokens) by names, so that answers can be compared. */
export class Normaliser {
  readonly #long: readonly (readonly [value: string, name: string])[];
  readonly #ids: ReadonlyMap<string, string>;
  readonly #now: number;

  constructor(variables: Variables, now: number) {
    const known = Object.entries(variables).map(([name, value]) => [String(value), name] as const);
    this.#long = known.filter(([value]) => value.length >= 8).sort(([a], [b]) => b.length - a.length);
    this.#ids = new Map(known.filter(([value, name]) => value.length < 8 && name.startsWith("exp")));
    this.#now = now;
  }

  text(source: string, key?: string): string {
    let text = source;
    for (const [value, name] of this.#long) text = text.replaceAll(value, `\${${name}}`);
    const id = this.#ids.get(text);
    if (id !== undefined && key !== undefined && idKeys.has(key)) return `\${${id}}`;
    text = this.#experimentIds(text, key);
    text = text.replace(setListing, (set) => `{${(set.match(/'[^']*'/gu) ?? []).sort().join(", ")}}`);
    text = text.replace(stamp, (digits) => (this.#isNow(Number(digits)) ? "<timestamp>" : digits));
    for (const [value, name] of this.#ids) {
      const before = new RegExp(`(?<![\\w.])${literal(value)}(?=/(?:\\$\\{|models/|traces/|[0-9a-f]{32}))`, "gu");
      text = text.replace(before, () => `\${${name}}`);
    }
    return this.#placeholders(text, key);
  }

  value(value: Json, key?: string): Json {
    if (typeof value === "string") return this.text(value, key);
    if (typeof value === "number")
      return key !== undefined && timeKeys.has(key) && this.#isNow(value) ? "<timestamp>" : value;
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return this.#list(value, key);
    const members = Object.entries(value).map(([name, item]) => {
      const own = this.text(name);
      const latest = name === "metrics" && key === "data" && Array.isArray(item) ? byKey(item) : item;
      if (own === "key" && typeof latest === "string") return [own, this.text(latest, "key")];
      const isTag = !["mlflow.runName", undefined].includes(value["key"] as string | undefined);
      if (name === "value" && typeof latest === "string" && isTag) return [own, this.text(latest, "tag value")];
      return [own, this.value(latest, name)];
    });
    return Object.fromEntries(members) as Json;
  }

  /** The order of these lists is not part of the contract. */
  #list(items: readonly Json[], key: string | undefined): Json {
    const list = items.map((item) => this.value(item, key));
    const keyed =
      key !== undefined && keyedLists.has(key) && list.every((item) => typeof item === "object" && item !== null);
    return keyed ? list.sort(compareBy((item) => sortText([member(item, "key"), member(item, "alias"), item]))) : list;
  }

  #experimentIds(source: string, key: string | undefined): string {
    let text = source;
    if ((key !== undefined && pathKeys.has(key)) || text.includes("mlflow-artifacts:")) {
      text = text
        .split("/")
        .map((segment) => (this.#ids.has(segment) ? `\${${this.#ids.get(segment)}}` : segment))
        .join("/");
    }
    for (const [value, name] of this.#ids) {
      const spoken = `((?:[Ee]xperiment(?:[_ ][Ii][Dd]s?)?|\\bid|ID)\\)?(?:[=: ]+|\\s+with ID\\s+)['"\\[]*)${literal(value)}(?![\\w.])`;
      text = text.replace(new RegExp(spoken, "gu"), (_, before: string) => `${before}\${${name}}`);
    }
    return text;
  }

  #placeholders(source: string, key: string | undefined): string {
    if (sqlError.test(source)) return "<sql error>";
    if ((key === "next_page_token" || key === "page_token") && source !== "" && !source.startsWith("${"))
      return "<page_token>";
    if ((key === "run_name" || key === "value" || key === "name") && generatedName.test(source))
      return "<generated name>";
    if (key === "digest" && /^[0-9a-f]{8}$/u.test(source)) return "<digest>";
    const text = source
      .replace(uuid, "<uuid>")
      .replace(hexId, (_, prefix: string | undefined) => `${prefix ?? ""}<hex32>`);
    if (rfc3339.test(text) && this.#isNow(Date.parse(/Z|\+/u.test(text) ? text : `${text}Z`))) return "<rfc3339>";
    return key !== undefined && pathKeys.has(key) ? text : text.replace(absolutePath, "<path>");
  }

  #isNow(milliseconds: number): boolean {
    return Math.abs(milliseconds - this.#now) < 86_400_000;
  }
}

function byKey(metrics: readonly Json[]): Json[] {
  return [...metrics].sort(compareBy((metric) => String(member(metric, "key"))));
}

function member(value: Json, name: string): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value[name] ?? null) : null;
}

/** One text per value, whatever the order of members; ASCII as in the recordings, whose order comes from Python. */
function sortText(value: Json): string {
  const text = JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(compareBy(([name]) => name)))
      : item,
  );
  return text.replace(/[^\u0000-\u007f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function compareBy<T>(rank: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");
}
