/** What a queue in IndexedDB needs when it is opened, in one piece: a page fetches each piece in a request of its own. */
export { Connection } from "./indexed-db-connection.ts";
export { IndexedDbStore } from "./indexed-db-store.ts";
export { forgetOld } from "./indexed-db-upkeep.ts";
export { renewLog } from "./indexed-db-log.ts";
export { namedLocks, webLocks } from "../../runtime/web-locks.ts";
export { webBroadcast } from "../../runtime/web-broadcast.ts";
