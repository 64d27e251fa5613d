// Downloads more than the small disk at its argument holds. Says what it was told and what is there, as JSON.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { testServer } from "../../support/test-server.ts";

const [place = ""] = process.argv.slice(2);
const { fetch, trackingUri } = await testServer();
const tracker = createTracker({ trackingUri, fetch, onProblem: () => {} });
const run = tracker.startRun();
await run.logText("small", "a.txt");
await run.logArtifact(new Uint8Array(8_000_000), "", { name: "b.bin" });
await run.end("FINISHED", { until: "delivered" });
const to = join(place, "down");
const error: unknown = await tracker.downloadArtifacts(run.localId, undefined, { to }).catch((cause: unknown) => cause);
const { name, message, fault } = error as { name?: string; message?: string; fault?: string };
const files = readdirSync(to);
console.log(JSON.stringify({ name, message, fault, files, small: readFileSync(join(to, "a.txt"), "utf8") }));
await tracker.close();
