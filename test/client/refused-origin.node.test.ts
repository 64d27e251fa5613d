import { existsSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../runtime-tests/browser/chromium.ts";

/** As much of Playwright as is needed; it is installed with the runtimes, not at the root. */
interface Playwright {
  readonly chromium: {
    launch(options: object): Promise<{
      newPage(): Promise<{
        goto(url: string): Promise<unknown>;
        waitForFunction(code: string): Promise<unknown>;
        evaluate<T>(code: string): Promise<T>;
      }>;
      close(): Promise<void>;
    }>;
  };
}

const packages = new URL("../../runtime-tests/package.json", import.meta.url);
const installed = existsSync(new URL("node_modules/playwright-core", packages));
const servers: Server[] = [];

async function listen(handle: RequestListener): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    handle(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A page's program that sends one request and says how it ended. */
const program = `
  import { createClient } from "./src/client/index.ts";
  globalThis.send = async (trackingUri) => {
    try {
      await createClient({ trackingUri, retry: { limit: 0 } }).runs.setTag("r", "a", "b");
      return ["ok", false, ""];
    } catch (error) {
      return [error.name, error.originRefused, error.message];
    }
  };`;

describe.skipIf(!installed)("a page in Chromium (skipped where the runtimes' packages are not installed)", () => {
  let send: (port: number) => Promise<[name: string, originRefused: boolean, message: string]>;
  let close: () => Promise<void> = async () => {};
  let origin = "";

  beforeAll(async () => {
    const resolveDir = fileURLToPath(new URL("../..", import.meta.url));
    const bundle = await build({
      stdin: { contents: program, resolveDir, loader: "ts" },
      bundle: true,
      format: "esm",
      write: false,
      external: ["node:*"],
    });
    const script = bundle.outputFiles[0]?.text ?? "";
    const port = await listen((request, response) => {
      response.setHeader("content-type", request.url === "/page.js" ? "text/javascript" : "text/html");
      response.end(request.url === "/page.js" ? script : "<script type=module src=/page.js></script>");
    });
    origin = `http://localhost:${port}`;
    const { chromium } = createRequire(packages)("playwright-core") as Playwright;
    const { executablePath, env } = await findChromium();
    const browser = await chromium.launch({ executablePath, env: { ...process.env, ...env }, args: ["--no-sandbox"] });
    close = () => browser.close();
    const page = await browser.newPage();
    await page.goto(origin);
    await page.waitForFunction("globalThis.send");
    send = (to) => page.evaluate(`send("http://127.0.0.1:${to}")`);
  }, 120_000);

  afterAll(async () => {
    await close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  test("is told of a server that does not allow its origin, with the cure", async () => {
    const port = await listen(({ url }, response) => response.end(url === "/health" ? "OK" : "{}"));
    const [name, originRefused, message] = await send(port);
    expect([name, originRefused]).toEqual(["NetworkError", true]);
    expect(message).toContain(`start it with --cors-allowed-origins ${origin}`);
  });

  test("is told of a server that allows its origin but refuses the Host", async () => {
    const port = await listen(({ url }, response) => {
      if (url === "/health" || url === "/version") response.setHeader("access-control-allow-origin", "*").end("OK");
      else response.writeHead(403).end("Invalid Host header");
    });
    const [name, originRefused, message] = await send(port);
    expect([name, originRefused]).toEqual(["NetworkError", false]);
    expect(message).toContain("--allowed-hosts");
  });

  test("is told of a server that is not there", async () => {
    const port = await listen(() => {});
    const server = servers.pop();
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    const [name, originRefused, message] = await send(port);
    expect([name, originRefused]).toEqual(["NetworkError", false]);
    expect(message).toContain("is the server running");
  });

  test("writes to a server that allows its origin", async () => {
    const port = await listen(({ headers }, response) => {
      response.setHeader("access-control-allow-origin", headers.origin ?? "*");
      response.setHeader("access-control-allow-headers", "content-type");
      response.end("{}");
    });
    expect(await send(port)).toEqual(["ok", false, ""]);
  });
});
