import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const run = promisify(execFile);
const directory = temporaryDirectories();
const program = fileURLToPath(new URL("./programs/full-disk.ts", import.meta.url));

/** Runs a command of the shell with a disk of 5 MB of its own at `place`, which a person without rights may have too. */
function onSmallDisk(place: string, command: string): Promise<{ stdout: string; stderr: string }> {
  const mount = `mount -t tmpfs -o size=5m tmpfs "${place}" && ${command}`;
  return run("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", mount]);
}

test("F24 a disk that is really full stops no training, and all is delivered once when there is room", {
  timeout: 120_000,
}, async () => {
  const place = await directory();
  const refused = await onSmallDisk(place, "true").then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (refused !== undefined) {
    // Containers may forbid it, and other systems do not know it: then only SQLite's own words are played (sqlite-files).
    expect(refused).toMatch(/not permitted|denied|ENOENT|No space left|illegal|unknown/i);
    return;
  }
  const flags = "--disable-warning=ExperimentalWarning --conditions=tracklet-source";
  const { stdout } = await onSmallDisk(place, `exec "${process.execPath}" ${flags} "${program}" "${place}"`);
  const said = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  expect(said).toMatchObject({ problems: [expect.stringContaining("stays in memory and is tried again")], lost: 0 });
  expect(said["whenFull"]).toBeLessThan(65_536);
  expect(said["logged"]).toBeGreaterThan(50_000);
  expect(said).toMatchObject({ waiting: said["logged"], rows: said["logged"], steps: said["logged"] });
});
