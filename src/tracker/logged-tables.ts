import { NotFoundError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Core } from "./core.ts";
import { quote } from "./key.ts";
import type { RunHandle } from "./run.ts";

interface Table {
  columns: string[];
  data: unknown[][];
}

const longestTag = 8000;

/**
 * The tables of one run. MLflow's way to add rows is to read, join and write; here each table is kept and written whole,
 * so that sending it twice changes nothing.
 */
export class LoggedTables {
  readonly #core: Core;
  readonly #run: RunHandle;
  readonly #tables = new Map<string, Promise<Table>>();

  constructor(core: Core, run: RunHandle) {
    this.#core = core;
    this.#run = run;
  }

  /** The whole table after these rows, and its mention in the run's tag. */
  async add(rows: unknown, path: string): Promise<Blob> {
    const added = tableOf(rows);
    const before = this.#tables.get(path);
    const next = (before ?? this.#stored(path)).then((table) => joined(table, added));
    this.#tables.set(path, next);
    const table = await next.catch((error: unknown) => {
      if (before === undefined) this.#tables.delete(path);
      throw error;
    });
    if (before === undefined) this.#list(path);
    return new Blob([JSON.stringify(table)], { type: "application/json" });
  }

  /** MLflow's list of what its UI shows as tables, which has the limit of every tag. */
  #list(path: string): void {
    const { loggedArtifacts } = this.#run;
    if (loggedArtifacts.some((artifact) => artifact.path === path)) return;
    loggedArtifacts.push({ path, type: "table" });
    // With the spaces of Python's `json.dumps`, so that the tag is the same whoever wrote it.
    const items = loggedArtifacts.map(
      (each) => `{"path": ${JSON.stringify(each.path)}, "type": ${JSON.stringify(each.type)}}`,
    );
    const text = `[${items.join(", ")}]`;
    if (text.length <= longestTag) this.#run.setTag("mlflow.loggedArtifacts", text);
  }

  /** What a resumed run had logged before. */
  async #stored(path: string): Promise<Table> {
    const empty = { columns: [], data: [] };
    if (!this.#run.loggedArtifacts.some((artifact) => artifact.path === path)) return empty;
    try {
      const { artifacts } = await this.#core.client();
      const response = await artifacts.download(await this.#run.runId(), path);
      return storedTable(await response.text(), path);
    } catch (error) {
      if (error instanceof NotFoundError) return empty;
      throw error;
    }
  }
}

/** @throws ValidationError for a file that is no table, which would be lost otherwise. */
function storedTable(text: string, path: string): Table {
  let table: Partial<Table> | null;
  try {
    table = JSON.parse(text);
  } catch {
    table = null;
  }
  const { columns, data } = table ?? {};
  if (Array.isArray(columns) && Array.isArray(data) && data.every(Array.isArray)) {
    return { columns: columns.map(String), data };
  }
  throw new ValidationError(
    `Cannot add to the table ${quote(path)} as what the run has there must be MLflow's { columns, data }: log it under another path`,
    { key: path },
  );
}

function tableOf(rows: unknown): Table {
  if (Array.isArray(rows)) {
    if (!rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))) {
      throw new ValidationError("Cannot log the table as each row must be an object: use [{ column: value }]");
    }
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return { columns, data: rows.map((row) => columns.map((column) => own(row, column))) };
  }
  if (typeof rows !== "object" || rows === null || !Object.values(rows).every(Array.isArray)) {
    throw new ValidationError("Cannot log the table as it must be an array of rows or an object of columns");
  }
  const columns = Object.keys(rows);
  const series = Object.values(rows) as unknown[][];
  const length = series[0]?.length ?? 0;
  if (series.some((column) => column.length !== length)) {
    throw new ValidationError(
      `Cannot log the table as its columns must have one length: they have ${series.map((column) => column.length).join(", ")}`,
    );
  }
  return { columns, data: Array.from({ length }, (_, n) => series.map((column) => column[n] ?? null)) };
}

function own(row: object, column: string): unknown {
  return (Object.hasOwn(row, column) ? (row as Record<string, unknown>)[column] : undefined) ?? null;
}

function joined(first: Table, second: Table): Table {
  const columns = [...new Set([...first.columns, ...second.columns])];
  const fill = (table: Table): unknown[][] => {
    const places = columns.map((column) => table.columns.indexOf(column));
    return table.data.map((row) => places.map((place) => (place < 0 ? null : (row[place] ?? null))));
  };
  return { columns, data: [...fill(first), ...fill(second)] };
}
