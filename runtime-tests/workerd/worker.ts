/** Runs one test file per request, inside workerd, and answers with what happened. */
import files from "virtual:test-files";
import { collect } from "./test-collector.ts";
import { runSuite } from "./test-runner.ts";

interface Env {
  /** Local workerd only: compiles WebAssembly at run time. */
  readonly UNSAFE_EVAL: { newWasmModule(bytes: Uint8Array): WebAssembly.Module };
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

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
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
  },
};
