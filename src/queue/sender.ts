/**
 * What is loaded with the first write, in one piece: what puts it into the store, what sends it from there, and the store
 * of those who named none. Pieces of their own would have to share, each in a request more, what they have in common.
 */
export { MemoryStore } from "./storage/memory-store.ts";
export { put } from "./put.ts";
export { SyncEngine } from "./sync-engine.ts";
