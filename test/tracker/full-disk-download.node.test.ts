import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { saidOnSmallDisk } from "../support/small-disk.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const directory = temporaryDirectories();
const program = fileURLToPath(new URL("./programs/download-full.ts", import.meta.url));

test("S2.4 downloadArtifacts() says that the disk is full, and leaves no half-written file", {
  timeout: 60_000,
}, async ({ skip }) => {
  const place = await directory();
  const said = await saidOnSmallDisk(place, program);
  if (said === undefined) return skip("this system lets no program have a small disk of its own");
  expect(said).toEqual({
    name: "StorageError",
    fault: "full",
    message: `Cannot download artifacts to "${place}/down" as the disk is full or a quota is used up: make room`,
    // What fitted came whole, in the order of their names.
    files: ["a.txt"],
    small: "small",
  });
});
