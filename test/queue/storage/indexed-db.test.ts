import { describe, expect, test } from "vitest";
import { queueContract } from "../../../src/queue/contract.ts";
import { indexedDbQueue } from "../../../src/queue/storage/indexed-db.ts";

let serial = 0;
const fresh = (): string => `queue-${Math.random()}-${serial++}`;

describe("indexedDbQueue", () => {
  queueContract(() => indexedDbQueue({ name: fresh() }), { test, expect });
});
