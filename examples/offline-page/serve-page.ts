import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { openLocal } from "tracklet/local";

/** A page's program and what it loads late, as a bundler makes them from `page.ts`. */
async function bundlePage(entry: string): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    conditions: ["tracklet-source"],
    loader: { ".wasm": "file" },
    outdir: "/",
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.replace(/^.*[\\/]/, "/"), contents]));
}

const types: Record<string, string> = { js: "text/javascript", json: "application/json", wasm: "application/wasm" };

/**
 * Serves `index.html` and `page.ts` of a folder, and an embedded MLflow server that keeps its runs in ./mlflow.db, until
 * Ctrl-C. `--port` chooses the port.
 */
export async function servePage(folder: URL): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: "string", default: "5050" } } });
  const here = (file: string): string => fileURLToPath(new URL(file, folder));
  const [files, mlflow] = await Promise.all([bundlePage(here("page.ts")), openLocal()]);
  files.set("/", await readFile(here("index.html")));
  files.set(
    "/penguins.json",
    await readFile(fileURLToPath(new URL("../data/penguins.json", import.meta.resolve("vega-datasets")))),
  );

  const server = createServer(async (incoming, outgoing) => {
    const path = (incoming.url ?? "/").split("?")[0]!;
    const file = files.get(path);
    if (file) {
      outgoing.setHeader("content-type", types[path.split(".")[1] ?? ""] ?? "text/html; charset=utf-8");
      outgoing.end(file);
      return;
    }
    // Everything else is for MLflow: an embedded server is a function from a request to its response.
    const { method = "GET", headers } = incoming;
    const hasBody = method !== "GET" && method !== "HEAD";
    const request = new Request(`http://${headers.host}${incoming.url}`, {
      method,
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" }),
    });
    const response = await mlflow.fetch(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  });

  server.listen(Number(values.port), "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    console.log(`open http://127.0.0.1:${port} in a browser; the runs are kept in ./mlflow.db. Ctrl-C ends it`);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      server.closeAllConnections();
      server.close(() => void mlflow.close());
    });
  }
}
