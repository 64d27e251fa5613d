import type { FileReport } from "../report.ts";
import type { Body, CollectedTest, Suite, TestContext } from "./test-collector.ts";

interface Outcome {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly message: string;
}

/** Runs what a file registered, in order, and counts. */
export async function runSuite(
  file: string,
  suite: Suite,
): Promise<FileReport & { readonly names: readonly string[] }> {
  const outcomes: Outcome[] = [];
  await runGroup(suite, outcomes);
  const failed = outcomes.filter((outcome) => outcome.status === "failed");
  return {
    file,
    passed: outcomes.filter((outcome) => outcome.status === "passed").length,
    failed: failed.length,
    skipped: outcomes.filter((outcome) => outcome.status === "skipped").length,
    failures: failed.map(({ name, message }) => ({ name, message })),
    names: outcomes.filter((outcome) => outcome.status === "passed").map((outcome) => outcome.name),
  };
}

async function runGroup(suite: Suite, outcomes: Outcome[]): Promise<void> {
  const needed = hasBody(suite);
  const cleanups: Body[] = [];
  try {
    if (needed) for (const hook of suite.beforeAll) keepCleanup(await hook(contextOf(suite.name, cleanups)), cleanups);
    for (const entry of suite.entries) {
      if ("entries" in entry) await runGroup(entry, outcomes);
      else outcomes.push(await runTest(entry));
    }
  } catch (error) {
    outcomes.push({ name: `${fullName(suite, "")} (beforeAll)`.trim(), status: "failed", message: messageOf(error) });
  }
  try {
    if (needed)
      for (const hook of [...[...suite.afterAll].reverse(), ...cleanups]) await hook(contextOf(suite.name, []));
  } catch (error) {
    outcomes.push({ name: `${fullName(suite, "")} (afterAll)`.trim(), status: "failed", message: messageOf(error) });
  }
}

async function runTest(test: CollectedTest): Promise<Outcome> {
  const name = fullName(test.suite, test.name);
  if (test.body === undefined) return { name, status: "skipped", message: "" };
  const suites = chainOf(test.suite);
  const finished: Body[] = [];
  const context = contextOf(test.name, finished);
  let outcome: Outcome = { name, status: "passed", message: "" };
  try {
    for (const suite of suites) for (const hook of suite.beforeEach) keepCleanup(await hook(context), finished);
    await withTimeout(test.body(context), test.timeout);
  } catch (error) {
    outcome = { name, status: "failed", message: messageOf(error) };
  }
  const after = [...suites].reverse().flatMap((suite) => [...suite.afterEach].reverse());
  for (const hook of [...after, ...finished.reverse()]) {
    try {
      await hook(context);
    } catch (error) {
      outcome = { name, status: "failed", message: `${outcome.message}\nafter the test: ${messageOf(error)}`.trim() };
    }
  }
  return outcome;
}

function contextOf(name: string, finished: Body[]): TestContext {
  return { task: { name }, onTestFinished: (callback) => finished.push(callback) };
}

/** As in vitest, a hook may return its own undoing. */
function keepCleanup(result: unknown, cleanups: Body[]): void {
  if (typeof result === "function") cleanups.push(result as Body);
}

function hasBody(suite: Suite): boolean {
  return suite.entries.some((entry) => ("entries" in entry ? hasBody(entry) : entry.body !== undefined));
}

function chainOf(suite: Suite): Suite[] {
  return suite.parent === undefined ? [suite] : [...chainOf(suite.parent), suite];
}

function fullName(suite: Suite, name: string): string {
  return [...chainOf(suite).map((part) => part.name), name].filter((part) => part !== "").join(" ");
}

async function withTimeout(result: unknown, ms: number): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the test took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { actual, expected } = error as { actual?: unknown; expected?: unknown };
  const values =
    actual === undefined && expected === undefined ? "" : `\nexpected ${show(expected)}\nreceived ${show(actual)}`;
  const cause = error.cause === undefined ? "" : `\ncaused by ${messageOf(error.cause)}`;
  return `${error.stack ?? error.message}${values}${cause}`;
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value, undefined, 1) ?? String(value);
  } catch {
    return String(value);
  }
}
