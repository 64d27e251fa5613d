import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { type Client, createClient } from "../../src/client/index.ts";
import type { Connection } from "../../src/client/types/connection.ts";
import { NetworkError, TimeoutError, UnexpectedReplyError } from "../../src/errors/index.ts";
import { ownPort } from "../support/own-port.ts";
import { rejection } from "./support/fake-server.ts";
import { loginPage, runId } from "./support/recorded.ts";

const closers: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const close of closers) await close();
});

/** A server of plain sockets that does with each request what the test says. */
async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const connect = (trackingUri: string, more: Partial<Connection> = {}): Client =>
  createClient({ trackingUri, retry: { limit: 0 }, ...more });

describe("the client on this runtime's own fetch", () => {
  test("says that nobody listens", async () => {
    const error = (await rejection(connect(`http://127.0.0.1:${await ownPort()}`).runs.get(runId))) as NetworkError;
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toContain("is the server running");
    expect(error.cause).toBeInstanceOf(Error);
  });

  test("says that a name is unknown, without the credentials of the address", async () => {
    const error = (await rejection(connect("http://me:hunter22@nowhere.invalid").runs.get(runId))) as NetworkError;
    expect(error).toBeInstanceOf(NetworkError);
    expect(`${error.message} ${(error.cause as Error).message}`).not.toContain("hunter22");
    expect(error.message).toContain('nobody knows the host "nowhere.invalid"');
  });

  test("names the host that nobody knows when the server sends there", async () => {
    const url = await listen((_, response) => {
      response.writeHead(302, { location: "https://sso.invalid/login?token=hunter22" });
      response.end();
    });
    const { message } = (await rejection(connect(url).runs.get(runId))) as NetworkError;
    expect(message).toContain(`nobody knows the host "sso.invalid"`);
    expect(message).toContain(`which the server at "${new URL(url).host}" sends to`);
    expect(message).not.toContain("hunter22");
  });

  test("says that a server speaks http:// only", async () => {
    const url = await listen((_, response) => void response.end("{}"));
    const error = await rejection(connect(url.replace("http:", "https:")).runs.get(runId));
    expect((error as NetworkError).message).toContain("does the server at this port speak http://");
  });

  test("takes a connection that is cut before and within the answer for no answer", async () => {
    const before = await listen((request) => request.socket.destroy());
    expect(await rejection(connect(before).runs.get(runId))).toBeInstanceOf(NetworkError);
    const within = await listen((request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"run": {"info":');
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(await rejection(connect(within).runs.get(runId))).toBeInstanceOf(NetworkError);
  });

  test("follows a redirect of a large upload, and sends all of it there", async () => {
    const arrived: [method: string, url: string, bytes: number][] = [];
    const server = await listen((request, response) => {
      let bytes = 0;
      request.on("data", (part: Uint8Array) => (bytes += part.length));
      request.on("end", () => {
        arrived.push([request.method ?? "", request.url ?? "", bytes]);
        const moved = request.url?.endsWith("/there") === false;
        response.writeHead(moved ? 307 : 200, moved ? { location: "/there" } : {});
        response.end();
      });
    });
    const body = new Blob([new Uint8Array(2 ** 21)]);
    await connect(server).artifacts.upload(runId, "w.bin", body, { artifactUri: "mlflow-artifacts:/0/r/artifacts" });
    expect(arrived.at(-1)).toEqual(["PUT", "/there", body.size]);
  });

  test("tries again after a connection that was cut", async () => {
    let asked = 0;
    const trackingUri = await listen((request, response) => {
      if (++asked < 3) request.socket.destroy();
      else response.end("{}");
    });
    await connect(trackingUri, { retry: { limit: 4, base: 1 } }).runs.setTag(runId, "a", "b");
    expect(asked).toBe(3);
  });

  test("gives up a server that never answers", async () => {
    const trackingUri = await listen(() => {});
    expect(await rejection(connect(trackingUri, { timeout: 50 }).runs.get(runId))).toBeInstanceOf(TimeoutError);
  });

  test("aborts a request on its way", async () => {
    const stop = new AbortController();
    let cut: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const trackingUri = await listen((request) => {
      request.socket.once("close", cut);
      stop.abort(new Error("enough"));
    });
    const error = (await rejection(connect(trackingUri).runs.get(runId, { signal: stop.signal }))) as Error;
    expect(error.message).toBe("enough");
    await closed;
  });

  test("does not take the login page after a redirect for an answer, and tells where it went", async () => {
    const trackingUri = await listen((request, response) => {
      if (request.url?.startsWith("/login")) {
        response.writeHead(200, { "content-type": "text/html" }).end(loginPage);
      } else {
        response.writeHead(302, { location: "/login?next=hunter22" }).end();
      }
    });
    const error = (await rejection(connect(trackingUri).runs.setTag(runId, "a", "b"))) as Error;
    expect(error).toBeInstanceOf(UnexpectedReplyError);
    expect(error.message).toContain(`after a redirect to ${trackingUri}/login must be`);
    expect(error.message).not.toContain("hunter22");
  });

  test("sends every body with its length, never chunked or compressed", async () => {
    const seen: string[] = [];
    const trackingUri = await listen((request, response) => {
      const { headers } = request;
      seen.push(`${headers["content-length"]} ${headers["transfer-encoding"]} ${headers["content-encoding"]}`);
      request.resume().once("end", () => response.end("{}"));
    });
    const { runs, artifacts } = connect(trackingUri);
    await runs.logBatchBody('{"ü":"🎉"}');
    await runs.logBatchBody(new Uint8Array(100_000));
    await runs.setTag("r", "a", "ü");
    const options = { artifactUri: "mlflow-artifacts:/1/a/artifacts" };
    await artifacts.upload("r", "a", "ü", options);
    await artifacts.upload("r", "a", new Uint8Array(300_000), options);
    await artifacts.upload("r", "a", new Blob(["abc"]), options);
    await artifacts.upload("r", "a", new Blob([]), options);
    const lengths = [13, 100_000, 37, 2, 300_000, 3, 0];
    expect(seen).toEqual(lengths.map((length) => `${length} undefined undefined`));
  });
});
