import { resolve } from "node:path";
import { formatTime } from "../internal/format.ts";
import { groupThousands } from "../internal/group-thousands.ts";
import { destinationText } from "../queue/destination.ts";
import type { Amount } from "../queue/types.ts";
import type { StatusFlags } from "./commands/status.ts";
import { quarantineText } from "./quarantine-text.ts";
import { type QueueFile, readQueueFile } from "./queue-file.ts";
import { printable } from "../internal/terminal-text.ts";
import { textTable } from "./text-table.ts";

/** Runs that are named; all of them are in the JSON. */
const SHOWN = 20;

/** Tells on standard output what lies in a queue file. @throws ConfigurationError or StorageError when it cannot be read. */
export function runStatus(file: string, flags: StatusFlags): void {
  const found = readQueueFile(resolve(file));
  process.stdout.write(flags.json ? `${JSON.stringify(asJson(found), undefined, 2)}\n` : `${asText(found)}\n`);
}

/** Names and units are a promise to scripts: times are ISO 8601, what is not known is null. */
function asJson({ name, version, counts, destination, runs, quarantined, open }: QueueFile): object {
  const { waiting, delivered, dropped, bytes, blobBytes } = counts;
  return {
    file: name,
    schemaVersion: version,
    destination: destination ?? null,
    waiting: { ...waiting, bytes, artifactBytes: blobBytes },
    quarantined: counts.quarantined,
    delivered,
    dropped,
    runs: runs.map(({ run, runId, name, points, requests, bytes, since, parked }) => ({
      run,
      runId: runId ?? null,
      name: name ?? null,
      points,
      requests,
      bytes,
      since: iso(since),
      parked: parked ?? null,
    })),
    openRuns: open.map(({ run, runId, name }) => ({ run, runId: runId ?? null, name: name ?? null })),
    quarantine: quarantined.map(({ run, runId, kind, keys, count, at, reason }) => ({
      run,
      runId: runId ?? null,
      kind,
      keys,
      count,
      at: iso(at),
      reason,
    })),
  };
}

function asText({ name, counts, destination, runs, quarantined, open }: QueueFile): string {
  const { waiting, delivered, dropped, bytes, blobBytes } = counts;
  const line = (word: string, { points, requests }: Amount): string[] => [
    word,
    groupThousands(points),
    groupThousands(requests),
  ];
  const totals = textTable(
    [
      ["", "points", "requests"],
      line("waiting", waiting),
      line("quarantined", counts.quarantined),
      line("delivered", delivered),
      line("dropped", dropped),
    ],
    [1, 2],
  );
  const artifacts = blobBytes > 0 ? `, and artifacts of ${bytesText(blobBytes)} in its spool folder` : "";
  const made = destination ? ` for ${destinationText(destination)}` : "";
  const lines = [name + made, `${bytesText(bytes)} wait${artifacts}`, "", ...totals];
  if (runs.length > 0) {
    const rows = runs
      .slice(0, SHOWN)
      .map(({ run, runId, name, points, requests, bytes, since }) => [
        runId ?? run,
        name ?? "",
        groupThousands(points),
        groupThousands(requests),
        bytesText(bytes),
        formatTime(new Date(since)),
      ]);
    lines.push("", ...textTable([["waiting run", "name", "points", "requests", "size", "since"], ...rows], [2, 3, 4]));
    if (runs.length > SHOWN) lines.push(`and ${groupThousands(runs.length - SHOWN)} more runs: --json names all`);
  }
  if (open.length > 0) {
    lines.push("", "open runs, whose program runs, or died: then the next one with this queue ends them as FAILED:");
    for (const { run, runId, name } of open.slice(0, SHOWN)) lines.push(printable(`  ${runId ?? run}  ${name ?? ""}`));
    if (open.length > SHOWN) lines.push(`  and ${groupThousands(open.length - SHOWN)} more: --json names all`);
  }
  const stuck = runs.filter(({ parked }) => parked !== undefined);
  const command = `tracklet sync ${shellWord(name)} --tracking-uri ${destination?.uri ?? "URI"}`;
  if (stuck.length > 0) {
    lines.push("", "parked, until a person mends what the server said, and sends it again, or gives them up:");
    for (const { run, runId, parked } of stuck.slice(0, SHOWN)) lines.push(printable(`  ${runId ?? run}: ${parked}`));
    if (stuck.length > SHOWN) lines.push(`  and ${groupThousands(stuck.length - SHOWN)} more: --json names all`);
    const [{ run, runId } = { run: "ID", runId: undefined }] = stuck;
    lines.push(`give one up: ${command} --discard-run ${shellWord(runId ?? run)}`);
  }
  if (quarantined.length > 0) lines.push("", "quarantined:", ...quarantineText(quarantined));
  if (runs.length > 0) lines.push("", `send it: ${command}`);
  return lines.join("\n");
}

function iso(time: number): string | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toFixed(1)} ${["", "kB", "MB", "GB"][power]}`;
}

/** As one can paste it behind a command. */
function shellWord(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
