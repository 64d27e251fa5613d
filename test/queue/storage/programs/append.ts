// Appends chunks for ever to the queue in the first argument, as the writer in the second; prints what is durable.
import { StorageError } from "../../../../src/errors/index.ts";
import { sqliteQueue } from "../../../../src/queue/storage/sqlite.ts";
import { draft } from "../drafts.ts";

const [path = "", writer = "", count = "Infinity"] = process.argv.slice(2);
const store = await sqliteQueue({ path }).open();
for (let sequence = 1; sequence <= Number(count); ) {
  const blob = sequence % 5 === 0 ? new Blob([`body ${sequence}`]) : undefined;
  try {
    await store.append(writer, [draft(sequence, blob ? { kind: "artifact", blob } : {})]);
    console.log(`durable ${sequence++} of ${writer}`);
  } catch (error) {
    if (!(error instanceof StorageError && error.fault === "busy")) throw error;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
await store.close();
console.log("done");
