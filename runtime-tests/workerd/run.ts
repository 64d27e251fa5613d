import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { root } from "../../scripts/lib/root.ts";
import { sourceFiles } from "../../scripts/lib/source-files.ts";
import { hasOwnCommand, type TestKind, testKind } from "../../scripts/lib/test-names.ts";
import leftOut from "../left-out.json" with { type: "json" };
import type { FileReport, RuntimeReport } from "../report.ts";
import { PROOF_FILE } from "../run-vitest.ts";
import type { RunRequest } from "../runtimes.ts";
import { bundleTests, sqliteWasm, type TestBundle } from "./bundle.ts";

type FileAnswer = FileReport & { readonly names: readonly string[]; readonly error?: string };

const KINDS: readonly TestKind[] = ["neutral", "workerd"];

/**
 * The neutral tests in workerd, the runtime of Cloudflare Workers, in one bundle and one request per file; and those that
 * need a Durable Object, inside of one.
 */
export async function runInWorkerd({ filters, timeout, onOutput }: RunRequest): Promise<RuntimeReport> {
  const left = Object.keys(leftOut.workerd);
  const files = sourceFiles(root, ["test"], [".test.ts"])
    .filter((file) => !hasOwnCommand(file) && KINDS.includes(testKind(file)) && !left.includes(file))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  const report = (part: Partial<RuntimeReport>): RuntimeReport => ({
    runtime: "workerd",
    proof: undefined,
    files: [],
    error: undefined,
    ...part,
  });
  let bundle: TestBundle;
  try {
    bundle = await bundleTests([PROOF_FILE, ...files]);
  } catch (error) {
    return report({ error: `the tests cannot be bundled for workerd: ${(error as Error).message}` });
  }
  const worker = await startWorker(bundle, onOutput);
  try {
    const answers: FileAnswer[] = [];
    const deadline = Date.now() + timeout;
    for (const file of [PROOF_FILE, ...files]) {
      const answer = await worker.run(file, Math.max(1, deadline - Date.now()));
      onOutput?.(`${file}: ${answer.passed} ok, ${answer.failed} wrong\n`);
      answers.push(answer);
    }
    const proof = answers[0]?.names[0]?.replace(/^runtime is /, "");
    return report({
      proof,
      files: answers.slice(1),
      error: proof === undefined ? answers[0]?.failures[0]?.message : undefined,
    });
  } finally {
    await worker.stop();
  }
}

interface Worker {
  run(file: string, timeout: number): Promise<FileAnswer>;
  stop(): Promise<void>;
}

async function startWorker(bundle: TestBundle, onOutput?: (text: string) => void): Promise<Worker> {
  const { Miniflare } = await import("miniflare");
  const version = JSON.stringify(workerdVersion());
  const miniflare = new Miniflare({
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    // SQLite WASM talks about storages that it does not find here: shown with --verbose only.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      for (const stream of [stdout, stderr]) stream.on("data", (data: Buffer) => onOutput?.(data.toString()));
    },
    unsafeEvalBinding: "UNSAFE_EVAL",
    durableObjects: { OBJECT: { className: "TestObject", useSQLite: true } },
    r2Buckets: ["BUCKET"],
    modules: [
      {
        type: "ESModule",
        path: "main.js",
        contents: `globalThis.trackletWorkerdVersion = ${version};\nexport { default, TestObject } from "./tests.js";`,
      },
      { type: "ESModule", path: "tests.js", contents: bundle.script },
      { type: "CompiledWasm", path: "sqlite3.wasm", contents: sqliteWasm() },
    ],
  });
  await miniflare.ready;
  return {
    async run(file, timeout) {
      const failure = (message: string): FileAnswer => ({
        file,
        passed: 0,
        failed: 1,
        skipped: 0,
        failures: [{ name: "(the file itself)", message }],
        names: [],
      });
      try {
        const began = performance.now();
        const url = `http://tests.local/?file=${encodeURIComponent(file)}`;
        const response = await miniflare.dispatchFetch(url, { signal: AbortSignal.timeout(timeout) as never });
        const answer = (await response.json()) as FileAnswer;
        if (answer.error !== undefined) return failure(bundle.mapStack(answer.error));
        const failures = answer.failures.map(({ name, message }) => ({ name, message: bundle.mapStack(message) }));
        return { ...answer, failures, took: performance.now() - began };
      } catch (error) {
        return failure(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
    },
    stop: () => miniflare.dispose(),
  };
}

function workerdVersion(): string {
  const file = join(root, "runtime-tests", "node_modules", "workerd", "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
