import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import { fileBody } from "../queue/chunk/file-state.ts";
import type { Core } from "./core.ts";
import { DataDigest } from "./data-digest.ts";
import { quote } from "./key.ts";
import { readBlob, readWhole } from "./read-whole.ts";
import type { DatasetData, InputDataset } from "./types/datasets.ts";
import { jsonText } from "./value-text.ts";

type Table = Exclude<DatasetData, string | URL | Blob | Uint8Array>;

/** What is known of a dataset by its content: its digest, and schema and profile in the form that MLflow shows. */
export async function describeData(core: Core, data: DatasetData): Promise<Partial<InputDataset>> {
  if (typeof data === "string" || data instanceof URL) return describeFile(core, data);
  if (data instanceof Blob || data instanceof Uint8Array) return readBlob("data", describeBytes(data));
  if (typeof data !== "object" || data === null) {
    throw new ValidationError(`it must be rows, columns, bytes or a file: current value is ${typeof data}`);
  }
  return describeTable(data);
}

async function describeFile({ runtime: { files } }: Core, source: string | URL): Promise<Partial<InputDataset>> {
  if (source instanceof URL && source.protocol !== "file:") {
    throw new ValidationError(
      `only a local file is read: current value is ${source.origin}${source.pathname}; give its source and digest`,
    );
  }
  if (files === undefined) throw new ConfigurationError("this platform has no file system: pass a Blob or bytes");
  const path = files.resolve(source);
  const stat = await files.stat(path);
  if (stat === undefined || stat.isDirectory) throw new ValidationError(`${quote(path)} must be a file`);
  const file = fileBody(files, { path, size: stat.size, modified: stat.modified }, true);
  const known = await readWhole("data", file, async () => describeBytes(await files.open(path)));
  return { source: { uri: path }, sourceType: "local", ...known };
}

async function describeBytes(data: Blob | Uint8Array): Promise<Partial<InputDataset>> {
  const digest = new DataDigest();
  if (data instanceof Uint8Array) digest.bytes(data);
  else {
    const reader = data.stream().getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) digest.bytes(part.value);
  }
  return { digest: String(digest), profile: { num_bytes: data instanceof Uint8Array ? data.length : data.size } };
}

/** Rows and columns of one table have one digest, whatever the order of the columns. */
function describeTable(data: Table): Partial<InputDataset> {
  const columns = columnsOf(data);
  const names = [...columns.keys()].sort();
  const digest = new DataDigest();
  let rows = 0;
  for (const { length } of columns.values()) rows = Math.max(rows, length);
  for (const name of names) {
    digest.text(name);
    for (let row = 0; row < rows; row++) digest.text(cellText(columns.get(name)![row]));
  }
  const colspec = [...columns].map(([name, cells]) => ({ ...typeOf(cells, rows), name }));
  return {
    digest: String(digest),
    schema: { mlflow_colspec: colspec },
    profile: { num_rows: rows, num_elements: rows * columns.size },
  };
}

function columnsOf(data: Table): Map<string, ArrayLike<unknown>> {
  if (!Array.isArray(data)) {
    const columns = new Map(Object.entries(data as Readonly<Record<string, ArrayLike<unknown>>>));
    for (const [name, cells] of columns) {
      if (typeof cells === "object" && cells !== null && typeof cells.length === "number") continue;
      throw new ValidationError(`the column ${quote(name)} must be an array: current value is ${typeof cells}`);
    }
    return columns;
  }
  const columns = new Map<string, unknown[]>();
  for (const [at, row] of data.entries()) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new ValidationError(`row ${at} must be an object of columns: current value is ${typeof row}`);
    }
    for (const [name, cell] of Object.entries(row)) {
      const cells = columns.get(name) ?? [];
      cells[at] = cell;
      columns.set(name, cells);
    }
  }
  return columns;
}

/** A cell as text, with its kind: 1, "1" and true are three. */
function cellText(cell: unknown): string {
  if (cell === undefined || cell === null) return "";
  if (typeof cell === "number" || typeof cell === "bigint") return `n${cell}`;
  if (typeof cell === "string") return `s${cell}`;
  if (cell instanceof Date) return `d${cell.getTime()}`;
  return `j${jsonText(cell) ?? ""}`;
}

/** MLflow's word for what is in a column: `string` for a mixture. */
function typeOf(cells: ArrayLike<unknown>, rows: number): { readonly type: string; readonly required: boolean } {
  const types = new Set<string>();
  let present = 0;
  for (let row = 0; row < rows; row++) {
    const cell = cells[row];
    if (cell === undefined || cell === null) continue;
    present++;
    types.add(wordOf(cell));
  }
  if (types.size === 2 && types.has("long") && types.has("double")) types.delete("long");
  const [only = "string"] = types;
  return { type: types.size > 1 ? "string" : only, required: present === rows };
}

function wordOf(cell: unknown): string {
  if (typeof cell === "number") return Number.isSafeInteger(cell) ? "long" : "double";
  if (typeof cell === "bigint") return "long";
  if (typeof cell === "boolean") return "boolean";
  if (cell instanceof Date) return "datetime";
  return cell instanceof Uint8Array ? "binary" : "string";
}
