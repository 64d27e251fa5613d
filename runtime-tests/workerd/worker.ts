/**
 * Runs one test file per request, inside workerd, and answers with what happened: in the Worker itself, or, for
 * `*.workerd.test.ts`, in a Durable Object of its own.
 */
import files from "virtual:test-files";
import type { R2Bucket } from "../../src/server/artifacts/r2-write.ts";
import type { DurableObjectSqlStorage } from "../../src/sql/durable-object.ts";
import { collect } from "./test-collector.ts";
import { runSuite } from "./test-runner.ts";

/** The storage of a Durable Object. */
export interface TestStorage extends DurableObjectSqlStorage {
  deleteAll(): Promise<void>;
}

/** What `*.workerd.test.ts` find in `globalThis.trackletEdge`. */
export interface EdgeTools {
  readonly storage: TestStorage;
  readonly bucket: R2Bucket;
}

interface Env {
  /** Local workerd only: compiles WebAssembly at run time. */
  readonly UNSAFE_EVAL: { newWasmModule(bytes: Uint8Array): WebAssembly.Module };
  readonly OBJECT: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
  readonly BUCKET: R2Bucket;
}

/**
 * SQLite WASM compiles a few bytes per callback that it installs, which workerd forbids. In production the data lie in
 * Durable Objects and this never runs; the tests ask for the permission that local workerd can give.
 */
function allowWasmCallbacks(env: Env): void {
  const compile = function Module(bytes: Uint8Array): WebAssembly.Module {
    return env.UNSAFE_EVAL.newWasmModule(bytes);
  };
  Object.defineProperty(WebAssembly, "Module", { value: compile, configurable: true, writable: true });
}

async function run(request: Request, env: Env): Promise<Response> {
  allowWasmCallbacks(env);
  const file = new URL(request.url).searchParams.get("file") ?? "";
  const load = files[file];
  if (load === undefined) return Response.json({ error: `no such test file: "${file}"` }, { status: 404 });
  try {
    return Response.json(await runSuite(file, await collect(load)));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return Response.json({ error: text }, { status: 500 });
  }
}

/** Where tests find what only an object has. */
export class TestObject {
  readonly #storage: TestStorage;
  readonly #env: Env;

  constructor(context: { readonly storage: TestStorage }, env: Env) {
    this.#storage = context.storage;
    this.#env = env;
  }

  async fetch(request: Request): Promise<Response> {
    const tools: EdgeTools = { storage: this.#storage, bucket: this.#env.BUCKET };
    Object.assign(globalThis, { trackletEdge: tools });
    return run(request, this.#env);
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const file = new URL(request.url).searchParams.get("file") ?? "";
    if (!file.endsWith(".workerd.test.ts")) return run(request, env);
    return env.OBJECT.get(env.OBJECT.idFromName(file)).fetch(request);
  },
};
