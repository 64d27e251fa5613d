/**
 * What is loaded with the first write, in one piece: what puts it into the store, what sends it from there, the REST
 * client, and the store of those who named none. Pieces of their own would have to share what they have in common, each
 * in a request more.
 */
export { connect } from "../../client/resources.ts";
export { MemoryStore } from "../storage/memory-store.ts";
export { rise } from "./rise.ts";
export { sendLastWords } from "../write/last-words.ts";
export { keepNow, unkept } from "../write/keep-now.ts";
export { closeDrain, keepMapping, openDrain, putAll } from "./open-drain.ts";
export { askAgain, moveOver } from "./move-over.ts";
export { noRoomError, notKeptError, waitForRoom } from "../write/artifact-room.ts";
export { findCreated } from "./find-created.ts";
export { discardRun } from "./discard-run.ts";
export { drainedReceipt, openQuarantine, openWaiting } from "./drain-reads.ts";
