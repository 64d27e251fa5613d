/** Opens a file at a given moment, as several processes do that start together, and writes to it. */
import { openNodeSqlite } from "../../../src/sql/node-sqlite.ts";

const [path, moment] = process.argv.slice(2) as [string, string];
while (Date.now() < Number(moment)) {
  // All of them go on within the same millisecond.
}
const database = openNodeSqlite(path);
database.exec("CREATE TABLE IF NOT EXISTS opened (id INTEGER PRIMARY KEY); INSERT INTO opened DEFAULT VALUES");
database.close();
