import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";

const run = promisify(execFile);
const flags = ["--disable-warning=ExperimentalWarning", "--conditions=tracklet-source"];

/** Runs a command of the shell with a disk of 5 MB of its own at `place`, which a person without rights may have too. */
function onSmallDisk(place: string, command: string): Promise<{ stdout: string; stderr: string }> {
  const mount = `mount -t tmpfs -o size=5m tmpfs "${place}" && ${command}`;
  return run("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", mount]);
}

/**
 * What a program says last, as JSON, that runs in Node with a disk of 5 MB at `place`, its argument; undefined where the
 * system does not let it have one: containers may forbid it, and other systems do not know it.
 */
export async function saidOnSmallDisk(place: string, program: string): Promise<Record<string, unknown> | undefined> {
  const refused = await onSmallDisk(place, "true").then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (refused !== undefined) {
    expect(refused).toMatch(/not permitted|denied|ENOENT|No space left|illegal|unknown/i);
    return undefined;
  }
  const command = `exec "${process.execPath}" ${flags.join(" ")} "${program}" "${place}"`;
  const { stdout } = await onSmallDisk(place, command);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
}
