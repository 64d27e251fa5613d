/** What is loaded with the first write, in one piece: what puts it into the store, and what sends it from there. */
export { put } from "./put.ts";
export { SyncEngine } from "./sync-engine.ts";
