import type { PreparedStatement, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from "./database.ts";
import { shrinkBigInts } from "./safe-integers.ts";
import { SqliteConnection } from "./sqlite-connection.ts";

/** How SQLite WASM is loaded. */
export interface WasmDatabaseOptions {
  /**
   * The compiled `@sqlite.org/sqlite-wasm/sqlite3.wasm`, for platforms that compile no WebAssembly at run time
   * (Cloudflare Workers: `import module from "@sqlite.org/sqlite-wasm/sqlite3.wasm"`).
   * @default fetched or read from the package
   */
  readonly module?: WebAssembly.Module;
}

/** What a statement needs of the library around it. */
interface Library {
  readonly changes: () => number;
  readonly bindDouble: (statement: PreparedStatement, index: number, value: number) => void;
}

class WasmStatement implements SqlStatement {
  readonly #statement: PreparedStatement;
  readonly #library: Library;

  constructor(statement: PreparedStatement, library: Library) {
    this.#statement = statement;
    this.#library = library;
  }

  run(...values: SqlValue[]): number {
    return this.#with(values, (statement) => {
      statement.step();
      return this.#library.changes();
    });
  }

  get(...values: SqlValue[]): SqlRow | undefined {
    return this.#with(values, (statement) => (statement.step() ? readRow(statement) : undefined));
  }

  all(...values: SqlValue[]): SqlRow[] {
    return this.#with(values, (statement) => {
      const rows: SqlRow[] = [];
      while (statement.step()) rows.push(readRow(statement));
      return rows;
    });
  }

  finalize(): void {
    this.#statement.finalize();
  }

  #with<T>(values: SqlValue[], use: (statement: PreparedStatement) => T): T {
    const statement = this.#statement;
    try {
      if (values.length > 0) statement.bind(values);
      for (const [index, value] of values.entries()) {
        // The library binds every whole number as int64, which wraps what is beyond it: 1e300 would become 0.
        if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
          this.#library.bindDouble(statement, index + 1, value);
        }
      }
      return use(statement);
    } finally {
      statement.reset();
    }
  }
}

function readRow(statement: PreparedStatement): SqlRow {
  return shrinkBigInts(statement.get({}) as SqlRow);
}

function openInMemory(sqlite3: Sqlite3Static): SqlDatabase {
  const database = new sqlite3.oo1.DB(":memory:");
  const library: Library = {
    changes: () => Number(database.changes()),
    bindDouble: ({ pointer }, index, value) => {
      if (pointer !== undefined) sqlite3.capi.sqlite3_bind_double(pointer, index, value);
    },
  };
  return new SqliteConnection({
    label: ":memory:",
    exec: (sql) => void database.exec(sql),
    prepare: (sql) => new WasmStatement(database.prepare(sql), library),
    release: (statement) => statement.finalize(),
    close: () => database.close(),
  });
}

/** The types of the package leave out the options that it passes on to Emscripten. */
type Init = (options: object) => Promise<Sqlite3Static>;

/**
 * Opens an empty SQLite database in memory, by WebAssembly: for browsers, workers and edge functions. The 1 MB module
 * is loaded at the first call only.
 *
 * @throws ConfigurationError when the package `@sqlite.org/sqlite-wasm` is missing or cannot start here.
 *
 * @example
 * ```ts
 * import { createServer, wasmDatabase } from "tracklet/server";
 *
 * const server = createServer({ database: await wasmDatabase() });
 * ```
 */
export async function wasmDatabase(options: WasmDatabaseOptions = {}): Promise<SqlDatabase> {
  try {
    loading ??= load(options);
    return openInMemory(await loading);
  } catch (error) {
    loading = undefined;
    throw new ConfigurationError(
      `Cannot open SQLite WASM as the package "@sqlite.org/sqlite-wasm" must be installed and able to start here: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** All databases of a page share one module. */
let loading: Promise<Sqlite3Static> | undefined;

async function load(options: WasmDatabaseOptions): Promise<Sqlite3Static> {
  const { default: init } = await import("@sqlite.org/sqlite-wasm");
  const quiet = (): void => {};
  const sqlite3 = await (init as Init)({
    print: quiet,
    printErr: quiet,
    ...(options.module === undefined ? {} : { instantiateWasm: instantiateFrom(options.module) }),
  });
  // It would write each refused statement to the console; the error that it throws says the same.
  sqlite3.config.warn = quiet;
  return sqlite3;
}

/** Emscripten's hook for a module that is compiled already. */
function instantiateFrom(module: WebAssembly.Module) {
  return (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object => {
    done(new WebAssembly.Instance(module, imports), module);
    return {};
  };
}
