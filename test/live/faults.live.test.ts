import { DatabaseSync } from "node:sqlite";
import { inject } from "vitest";
import type { FaultServer } from "../faults/bench.ts";
import { lostSuite } from "../faults/suite/lost.ts";

const file = inject("databaseFile");

/** The real MLflow of all live tests, with its own database to count rows in. */
const server: FaultServer = {
  trackingUri: inject("trackingUri"),
  patience: 4_000,
  ...(file !== "" && {
    sql: (text, ...values) => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return database.prepare(text).all(...values);
      } finally {
        database.close();
      }
    },
  }),
};

lostSuite(() => server);
