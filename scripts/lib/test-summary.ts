import type { RuntimeReport } from "../../runtime-tests/report.ts";
import { REASONS, type TestKind, testKind } from "./test-names.ts";

/** Share of the neutral tests that every runtime has to run. */
export const LEAST_SHARE = 0.8;

/** Counts of one or more reports. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Sum over files; a run that broke down or proved nothing counts as one failure. */
export function countTests(reports: readonly RuntimeReport[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const report of reports) {
    if (report.error !== undefined || report.proof === undefined) counts.failed++;
    for (const file of report.files) {
      counts.passed += file.passed;
      counts.failed += file.failed;
      counts.skipped += file.skipped;
    }
  }
  return counts;
}

/** Neutral tests that ran, skipped ones not counted. */
export function neutralTests(report: RuntimeReport): number {
  return report.files
    .filter((file) => testKind(file.file) === "neutral")
    .reduce((sum, file) => sum + file.passed + file.failed, 0);
}

/**
 * Largest count of neutral tests that any runtime ran, which is what the others are measured against; undefined when
 * there is nothing to compare with.
 */
export function neutralTotal(reports: readonly RuntimeReport[]): number | undefined {
  const node = reports.find((report) => report.runtime === "node");
  if (node === undefined) return undefined;
  return Math.max(...reports.map(neutralTests));
}

/** The files whose tests took longest, with their seconds, longest first. */
export function slowest({ files }: RuntimeReport, count: number): string[] {
  return files
    .map(({ file, took = 0 }) => ({ file, took }))
    .sort((a, b) => b.took - a.took)
    .slice(0, count)
    .map(({ file, took }) => `${(took / 1000).toFixed(1)} s ${file}`);
}

/** Test files that a runtime did not run, grouped by the reason. */
export function leftOut(
  report: RuntimeReport,
  allFiles: readonly string[],
  named: Readonly<Record<string, string>> = {},
): { reason: string; files: string[] }[] {
  const ran = new Set(report.files.map((file) => file.file));
  const groups = new Map<string, string[]>();
  for (const file of allFiles) {
    if (ran.has(file)) continue;
    const kind: TestKind = testKind(file);
    const reason = named[file] ?? (kind === "neutral" ? "NOT RUN, and no reason is known" : REASONS[kind]);
    groups.set(reason, [...(groups.get(reason) ?? []), file]);
  }
  return [...groups].map(([reason, files]) => ({ reason, files }));
}

/** The last line of `npm test`. */
export function lastLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
