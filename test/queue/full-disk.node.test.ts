import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { saidOnSmallDisk } from "../support/small-disk.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const directory = temporaryDirectories();
const program = fileURLToPath(new URL("./programs/full-disk.ts", import.meta.url));
/** Then only SQLite's own words for a full disk are played (sqlite-files). */
const NO_DISK = "this system lets no program have a small disk of its own";
const ends = fileURLToPath(new URL("./programs/full-disk-ends.ts", import.meta.url));

test("F24 a disk that is really full stops no training, and all is delivered once when there is room", {
  timeout: 120_000,
}, async ({ skip }) => {
  const said = await saidOnSmallDisk(await directory(), program);
  if (said === undefined) return skip(NO_DISK);
  expect(said).toMatchObject({ problems: [expect.stringContaining("stays in memory and is tried again")], lost: 0 });
  expect(said["whenFull"]).toBeLessThan(65_536);
  expect(said["logged"]).toBeGreaterThan(50_000);
  expect(said).toMatchObject({ waiting: said["logged"], rows: said["logged"], steps: said["logged"] });
});

test("F24 a program that ends while the disk is full says what the storage holds, and what is lost, however it ends", {
  timeout: 60_000,
}, async ({ skip }) => {
  const said = await saidOnSmallDisk(await directory(), ends);
  if (said === undefined) return skip(NO_DISK);
  const all = said["ends"] as { end: string; stderr: string; waiting: { points: number; requests: number } }[];
  expect(all.map(({ end }) => end)).toEqual(["close", "normal", "signal", "error", "exit"]);
  for (const { end, stderr, waiting } of all) {
    // Of what was logged, the storage holds what it did before the disk was full.
    expect(waiting, end).toEqual({ points: 1, requests: 1 });
    expect(stderr, end).toContain("1 point and 1 request of it wait in ");
    expect(stderr, end).toMatch(
      /5,000 points and [12] requests? of it were in memory and are lost: .* did not take them \(.*full/,
    );
  }
  expect(JSON.parse(all[0]!.stderr.trim().split("\n").at(-1)!)).toEqual({
    pending: { points: 5_001, requests: 2 },
    unkept: { points: 5_000, requests: 1 },
  });
});
