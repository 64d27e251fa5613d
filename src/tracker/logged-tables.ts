import { NetworkError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Core } from "./core.ts";
import { quote } from "./key.ts";
import { limited } from "./limited.ts";
import type { LoggedArtifact, RunHandle } from "./run.ts";
import { emptyTable, joined, noTable, storedTable, type Table, tableOf } from "./table-rows.ts";
import { Turns } from "./turns.ts";

/** What this program wrote last at a path; `size` tells whether another program wrote since. */
interface Written {
  /** Undefined where it was no table. */
  readonly table: Table | undefined;
  readonly size: number;
}

type Put = (body: Blob) => Promise<void>;

const longestTag = 8000;

/** Milliseconds for the look whether another program wrote, which must not hold up logging. */
const lookTimeout = 5000;

/**
 * The tables of one run. MLflow's way to add rows is to read, join and write; here each table is kept and written whole,
 * so that sending it twice changes nothing, and is read where another program may have written.
 */
export class LoggedTables {
  readonly #core: Core;
  readonly #run: RunHandle;
  readonly #written = new Map<string, Written>();
  readonly #turns = new Turns<void>();
  /** What a resumed run has at a path is known to the server only. */
  readonly #isResumed: boolean;
  readonly #listed: LoggedArtifact[];

  constructor(core: Core, run: RunHandle) {
    this.#core = core;
    this.#run = run;
    this.#isResumed = run.loggedArtifacts !== undefined;
    this.#listed = [...(run.loggedArtifacts ?? [])];
  }

  /** Writes the whole table with these rows, which it keeps once they are written, and lists it in the run's tag. */
  add(rows: unknown, path: string, put: Put, signal: AbortSignal | undefined): Promise<void> {
    const added = tableOf(rows);
    return this.#turns.take(path, async () => {
      signal?.throwIfAborted();
      const before = await this.#before(path, signal);
      signal?.throwIfAborted();
      const table = joined(before, added);
      const body = new Blob([JSON.stringify(table)], { type: "application/json" });
      await put(body);
      // Who was told that it took too long logs the rows again.
      const late = signal?.aborted === true;
      this.#written.set(path, { table: late ? before : table, size: body.size });
      if (!late) this.#list(path);
    });
  }

  /** Writes something else at the path of a table, which is one no more. */
  replace(path: string, body: Blob, put: Put): Promise<void> {
    return this.#turns.take(path, async () => {
      await put(body);
      this.#written.set(path, { table: undefined, size: body.size });
    });
  }

  /** The table to add to. */
  async #before(path: string, signal: AbortSignal | undefined): Promise<Table> {
    const written = this.#written.get(path);
    const limits = signal && { signal };
    if (written === undefined && this.#isResumed) {
      try {
        return (await this.#stored(path, undefined, limits)) ?? emptyTable;
      } catch (cause) {
        throw cause instanceof NetworkError ? unreadable(path, cause) : cause;
      }
    }
    if (await this.#mayHaveChanged(path)) {
      const look = { ...limits, timeout: lookTimeout };
      try {
        const stored = await limited(this.#core, "logTable", look, "", (inner) =>
          this.#stored(path, written?.size, inner),
        );
        if (stored !== undefined) return stored;
      } catch (error) {
        signal?.throwIfAborted();
        // A server that is away, or breaks off in the middle of the file, holds up no logging.
        if (error instanceof ValidationError) throw error;
      }
    }
    if (written !== undefined && written.table === undefined) throw noTable(path);
    return written?.table ?? emptyTable;
  }

  /** Whether it is worth a look: the server answers, and all that was written here has arrived. */
  async #mayHaveChanged(path: string): Promise<boolean> {
    const { queue, options } = this.#core;
    const { localId } = this.#run;
    if (options.delivery?.mode === "manual" || queue.status().host !== "ok") return false;
    if ((await queue.findRunId(localId)) === undefined) return false;
    const { lines } = await queue.receipt(localId);
    const own = lines.find(({ kind, key }) => kind === "artifact" && key === path);
    return own === undefined || own.acknowledged >= own.logged;
  }

  /** The table that the server has; undefined when it has none, or the file has the size that is known. */
  async #stored(
    path: string,
    known: number | undefined,
    limits: { signal?: AbortSignal } | undefined,
  ): Promise<Table | undefined> {
    const { artifacts } = await this.#core.client();
    const runId = await this.#core.queue.runId(this.#run.localId, limits);
    // Servers before MLflow 3 answer the download of a file that is not there with a 500.
    const files = await artifacts.list(runId, path.slice(0, Math.max(0, path.lastIndexOf("/"))), limits);
    const file = files.find((each) => each.path === path);
    if (file === undefined || file.size === known) return undefined;
    const response = await artifacts.download(runId, path, limits);
    return storedTable(await response.text(), path);
  }

  /** MLflow's list of what its UI shows as tables, which has the limit of every tag. */
  #list(path: string): void {
    if (this.#listed.some((artifact) => artifact.path === path)) return;
    const entry = { path, type: "table" };
    // With the spaces of Python's `json.dumps`, so that the tag is the same whoever wrote it.
    const items = [...this.#listed, entry].map(
      (each) => `{"path": ${JSON.stringify(each.path)}, "type": ${JSON.stringify(each.type)}}`,
    );
    const text = `[${items.join(", ")}]`;
    if (text.length <= longestTag) {
      this.#listed.push(entry);
      this.#run.setTag("mlflow.loggedArtifacts", text);
      return;
    }
    const message = `Cannot list the table "${path}" in the tag mlflow.loggedArtifacts as that must have at most ${longestTag} characters: the table is stored, and MLflow's evaluation page does not offer it; use shorter paths or fewer tables`;
    this.#core.guard.tell({ kind: "truncated", message, key: "mlflow.loggedArtifacts", run: this.#run.localId });
  }
}

function unreadable(path: string, cause: NetworkError): NetworkError {
  const message = `Cannot add to the table ${quote(path)} of a resumed run as what is there must be read first: log these rows to another path, or again once the server answers (${cause.message})`;
  return new NetworkError(message, cause.request, { cause });
}
