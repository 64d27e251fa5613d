import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { installPackage } from "../../../scripts/lib/install-package.ts";
import { root } from "../../../scripts/lib/root.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import tsconfig from "../../../tsconfig.json" with { type: "json" };

/** A Worker in a workerd of its own. */
export interface RunningWorker {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Ends workerd as a crash does: what was not on disk is gone. */
  stop(): Promise<void>;
}

/** The parts of Miniflare that are used; it is installed beside the tests, not with the sources. */
interface Miniflare {
  readonly ready: Promise<unknown>;
  dispatchFetch(url: string, init?: object): Promise<Response>;
  dispose(): Promise<void>;
}

let bundled: Promise<string> | undefined;

/**
 * Starts `test/edge/programs/worker.ts` in workerd.
 *
 * @param directory Where its Durable Objects and bucket lie, so that another one can go on.
 * @param mlflow What its service binding MLFLOW leads to.
 */
export async function startWorker(directory: string, mlflow: Fetch): Promise<RunningWorker> {
  await installPackage("runtime-tests", "workerd");
  const require = createRequire(join(root, "runtime-tests", "package.json"));
  const { Miniflare, Response: Reply } = require("miniflare") as {
    Miniflare: new (options: object) => Miniflare;
    Response: new (body: Uint8Array | null, init: object) => Response;
  };
  bundled ??= bundle();
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: await bundled }],
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: {
      QUEUE: { className: "Leftovers", useSQLite: true },
      EXPERIMENTS: { className: "Experiments", useSQLite: true },
    },
    r2Buckets: ["ARTIFACTS"],
    durableObjectsPersist: join(directory, "objects"),
    r2Persist: join(directory, "bucket"),
    serviceBindings: {
      // Miniflare has classes of its own for requests and responses.
      async MLFLOW(request: Request) {
        const body = request.body === null ? {} : { body: await request.arrayBuffer() };
        const headers = [...request.headers].filter(
          ([name]) => !/^(host|content-length|transfer-encoding)$/.test(name),
        );
        const reply = await mlflow(new Request(request.url, { method: request.method, headers, ...body }));
        const bytes = new Uint8Array(await reply.arrayBuffer());
        return new Reply(bytes.length === 0 ? null : bytes, { status: reply.status, headers: [...reply.headers] });
      },
    },
  });
  await worker.ready;
  return {
    fetch: (path, init) => worker.dispatchFetch(`http://worker.localhost${path}`, init),
    stop: () => worker.dispose(),
  };
}

async function bundle(): Promise<string> {
  const sources = Object.entries(tsconfig.compilerOptions.paths);
  const result = await build({
    entryPoints: [join(root, "test", "edge", "programs", "worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import", "default"],
    external: ["node:*"],
    alias: Object.fromEntries(sources.map(([name, [file]]) => [name, join(root, String(file))])),
    logLevel: "silent",
  });
  return result.outputFiles[0]!.text;
}
