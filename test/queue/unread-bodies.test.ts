import { describe } from "vitest";
import { indexedDbQueue } from "../../src/queue/storage/indexed-db.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { newName } from "./storage/indexed-db-tools.ts";
import { unreadBodies } from "./unread-bodies.ts";

describe("in memory", () => unreadBodies(async () => memoryQueue()));

// Elsewhere its stand-in clones no Blob.
describe.runIf(["node", "browser"].includes(detectRuntime()))("in IndexedDB", () => {
  unreadBodies(async () => indexedDbQueue({ name: newName() }));
});
