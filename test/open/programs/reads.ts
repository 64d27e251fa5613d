/** Reads from a server, and leaves what else there is to do to the library. Arguments: directory, address. */
import { openTracker } from "../../../src/open/local.ts";

const [directory = ".", trackingUri = ""] = process.argv.slice(2);
const tracker = await openTracker({ directory, trackingUri, onProblem: () => {} });
const { rows } = await tracker.searchRuns({ freshness: 0 });
console.log(`read ${rows.length}`);
