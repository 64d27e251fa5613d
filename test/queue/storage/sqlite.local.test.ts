import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { queueContract } from "../../../src/queue/contract.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const directory = temporaryDirectories();

describe("sqliteQueue", () => {
  queueContract(async () => sqliteQueue({ path: join(await directory(), "queue.db") }), { test, expect });
});
