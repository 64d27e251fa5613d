/** One table of MLflow's schema, as SQL text. */
export interface Table {
  readonly name: string;
  /** Columns and constraints. Constraints keep MLflow's names, because its later migrations drop them by name. */
  readonly body: string;
  /** Without the leading `CREATE INDEX`; the word UNIQUE may stand first. */
  readonly indexes?: readonly string[];
  /** Whole statements. */
  readonly triggers?: readonly string[];
}

/** The statements that make a table with its indexes and triggers. */
export function createTableSql(table: Table): string {
  const indexes = (table.indexes ?? []).map((index) =>
    index.startsWith("UNIQUE ") ? `CREATE UNIQUE INDEX ${index.slice(7)};` : `CREATE INDEX ${index};`,
  );
  return [`CREATE TABLE "${table.name}" (${table.body});`, ...indexes, ...(table.triggers ?? [])].join("\n");
}
