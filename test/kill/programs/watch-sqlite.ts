import { DatabaseSync } from "node:sqlite";

/** Where a child stands still for good, to be killed there: in its n-th transaction of a kind. */
export interface Freeze {
  /** After the first row of an append, before the commit of one, or before the commit that deletes a delivered chunk. */
  readonly at: "insert" | "commit" | "delete";
  readonly number: number;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Says what the queue does in its file: `(` when an append has begun to write, `)` when it is committed, `-` when chunks
 * that were delivered are gone. Stands still where `freeze` says, after it said so.
 */
export function watchSqlite(say: (line: string) => void, freeze?: Freeze): void {
  const { prototype } = DatabaseSync as unknown as { prototype: Record<string, Method> };
  const { exec, prepare } = prototype as { exec: Method; prepare: Method };
  const seen = { insert: 0, commit: 0, delete: 0 };
  let appends = false;
  let deletes = false;

  function pass(at: Freeze["at"]): void {
    if (++seen[at] !== freeze?.number || at !== freeze.at) return;
    say(`frozen ${at}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }

  prototype["exec"] = function (sql) {
    if (sql === "COMMIT") {
      if (appends) pass("commit");
      else if (deletes) pass("delete");
    }
    const result = exec.call(this, sql);
    if (sql === "COMMIT" || sql === "ROLLBACK") {
      if (appends) say(")");
      else if (deletes && sql === "COMMIT") say("-");
      appends = deletes = false;
    }
    return result;
  };
  prototype["prepare"] = function (sql) {
    const statement = prepare.call(this, sql) as { run: Method };
    const { run } = statement;
    if (/^INSERT OR REPLACE INTO chunks/.test(String(sql))) {
      statement.run = (...values) => {
        const result = run.apply(statement, values);
        if (!appends) {
          appends = true;
          say("(");
          pass("insert");
        }
        return result;
      };
    } else if (/^DELETE FROM chunks/.test(String(sql))) {
      statement.run = (...values) => {
        deletes = true;
        return run.apply(statement, values);
      };
    }
    return statement;
  };
}
