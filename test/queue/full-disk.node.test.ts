import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { saidOnSmallDisk } from "../support/small-disk.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const directory = temporaryDirectories();
const program = fileURLToPath(new URL("./programs/full-disk.ts", import.meta.url));

test("F24 a disk that is really full stops no training, and all is delivered once when there is room", {
  timeout: 120_000,
}, async () => {
  const said = await saidOnSmallDisk(await directory(), program);
  // Where there can be no such disk, only SQLite's own words are played (sqlite-files).
  if (said === undefined) return;
  expect(said).toMatchObject({ problems: [expect.stringContaining("stays in memory and is tried again")], lost: 0 });
  expect(said["whenFull"]).toBeLessThan(65_536);
  expect(said["logged"]).toBeGreaterThan(50_000);
  expect(said).toMatchObject({ waiting: said["logged"], rows: said["logged"], steps: said["logged"] });
});
