import { DatabaseSync } from "node:sqlite";
import { inject } from "vitest";
import type { FaultServer } from "../faults/bench.ts";
import { lostSuite } from "../faults/suite/lost.ts";
import { poisonSuite } from "../faults/suite/poison.ts";
import { runSuite } from "../faults/suite/runs.ts";
import { slowSuite } from "../faults/suite/slow.ts";
import { valueSuite } from "../faults/suite/values.ts";

const file = inject("databaseFile");

/** The real MLflow of all live tests, with its own database to count rows in. */
const server: FaultServer = {
  trackingUri: inject("trackingUri"),
  patience: 4_000,
  refusesRepeats: process.env["MLFLOW_VERSION"]?.startsWith("2.") === true,
  ...(file !== "" && {
    sql: (text, ...values) => {
      // Another file of tests may have it write just then.
      const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
      try {
        return database.prepare(text).all(...values);
      } finally {
        database.close();
      }
    },
  }),
};

lostSuite(() => server);
slowSuite(() => server);
runSuite(() => server);
valueSuite(() => server);
// MLflow answers this as a batch with a page and status 500, as it does a compressed body.
poisonSuite(() => server, { body: "[]" });
