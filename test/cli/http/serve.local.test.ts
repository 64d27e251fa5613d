import { Buffer } from "node:buffer";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Listening, serve } from "../../../src/cli/http/serve.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const open: Listening[] = [];
const faults: unknown[] = [];

async function start(handler: Fetch, clock?: ManualClock): Promise<Listening> {
  const listening = await serve(handler, {
    host: "127.0.0.1",
    port: 0,
    onError: (error) => faults.push(error),
    ...(clock === undefined ? {} : { clock }),
  });
  open.push(listening);
  return listening;
}

afterEach(async () => {
  for (const listening of open.splice(0)) await listening.close(0);
  faults.length = 0;
});

/** Sends bytes as they are and gives all that comes back until the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => (answer += data.toString("latin1")));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

const lines = (...text: string[]): string => text.join("\r\n");

describe("serve()", () => {
  test("hands over method, headers, query and body, and sends back status, headers and body", async () => {
    const { url } = await start(async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = `${request.method} ${pathname}${search} ${request.headers.get("x-one")} ${await request.text()}`;
      return new Response(body, { status: 201, headers: { "x-two": "2" } });
    });
    const reply = await fetch(`${url}/a%20b?c=%2F`, { method: "POST", headers: { "x-one": "1" }, body: "grüße" });
    expect(reply.status).toBe(201);
    expect(reply.headers.get("x-two")).toBe("2");
    expect(await reply.text()).toBe("POST /a%20b?c=%2F 1 grüße");
  });

  test("gives an answer of unknown length a Content-Length", async () => {
    const { url } = await start(async () => new Response("twelve bytes"));
    const reply = await fetch(url);
    expect(reply.headers.get("content-length")).toBe("12");
    expect(reply.headers.get("transfer-encoding")).toBeNull();
    await reply.text();
  });

  test("answers HEAD with the length and no body", async () => {
    const { port } = await start(async () => new Response("twelve bytes", { headers: { "content-length": "12" } }));
    const answer = await raw(port, lines("HEAD / HTTP/1.1", "Host: localhost", "Connection: close", "", ""));
    expect(answer.toLowerCase()).toContain("content-length: 12");
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });

  test("shows the transfer encoding of a body of unknown length, and its bytes", async () => {
    const { port } = await start(
      async (request) => new Response(`${request.headers.get("transfer-encoding")} ${await request.text()}`),
    );
    const answer = await raw(
      port,
      lines(
        "PUT / HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        "Transfer-Encoding: chunked",
        "",
        "3",
        "abc",
        "2",
        "de",
        "0",
        "",
        "",
      ),
    );
    expect(answer).toContain("chunked abcde");
  });

  test("hands over the JSON body of a GET", async () => {
    const { port } = await start(async (request) => new Response(`${request.body !== null} ${await request.text()}`));
    const answer = await raw(
      port,
      lines("GET / HTTP/1.1", "Host: localhost", "Connection: close", "Content-Length: 7", "", '{"a":1}'),
    );
    expect(answer).toContain('true {"a":1}');
  });

  test("gives a GET with a body all that a Request has", async () => {
    const { port } = await start(async (request) => {
      const copy = request.clone();
      const seen = [
        request instanceof Request,
        request.method,
        request.headers.get("host"),
        request.bodyUsed,
        await request.json(),
        request.bodyUsed,
        (await copy.arrayBuffer()).byteLength,
        await new Response(copy.body === null ? "none" : "some").text(),
      ];
      return Response.json(seen);
    });
    const answer = await raw(
      port,
      lines("GET / HTTP/1.1", "Host: localhost", "Connection: close", "Content-Length: 7", "", '{"a":1}'),
    );
    expect(answer).toContain('[true,"GET","localhost",false,{"a":1},true,7,"some"]');
  });

  test.each([
    ["a short one", ["Content-Length: 9"], "half", (request: Request) => request.text()],
    ["a long one", ["Content-Length: 9000000"], "half", (request: Request) => request.text()],
    ["one in chunks", ["Transfer-Encoding: chunked"], "4\r\nhalf\r\n", (request: Request) => request.text()],
    ["one that is refused", ["Transfer-Encoding: chunked"], "", (request: Request) => request.text().catch(() => "no")],
  ])("answers 408 to a body that stops for a minute (%s)", async (_, headers, sent, read) => {
    const clock = new ManualClock();
    const { port } = await start(async (request) => new Response(await read(request)), clock);
    const answer = raw(port, lines("PUT / HTTP/1.1", "Host: localhost", ...headers, "", sent));
    while (clock.pending === 0) await settle();
    await clock.advance(59_000);
    expect(clock.pending).toBe(1);
    await clock.advance(1000);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"error_code":"BAD_REQUEST"/);
    while (clock.pending > 0) await settle(); // no timer outlives its connection
    expect(faults).toEqual([]);
  });

  test("waits as long as bytes come, and for a handler that does not ask for any", async () => {
    const clock = new ManualClock();
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let seen = 0;
    const { port } = await start(async (request) => {
      started.resolve();
      await gate.promise;
      let text = "";
      for await (const chunk of request.body!) {
        text += new TextDecoder().decode(chunk);
        seen = text.length;
      }
      return new Response(text);
    }, clock);
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => (answer += data.toString("latin1")));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.write(lines("PUT / HTTP/1.1", "Host: localhost", "Connection: close", "Transfer-Encoding: chunked", "", ""));
    await started.promise;
    await clock.advance(3_600_000);
    gate.resolve();
    for (let n = 1; n <= 5; n++) {
      while (clock.pending === 0) await settle();
      await clock.advance(50_000);
      socket.write("1\r\nx\r\n");
      while (seen < n) await settle();
    }
    socket.write("0\r\n\r\n");
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*xxxxx$/);
  });

  test("closes the connection when the rest of a refused body does not come", async () => {
    const clock = new ManualClock();
    const { port } = await start(async () => new Response("refused", { status: 413 }), clock);
    const answer = raw(port, lines("PUT / HTTP/1.1", "Host: localhost", "Content-Length: 9000000", "", "half"));
    while (clock.pending === 0) await settle();
    await clock.advance(60_000);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*refused$/);
  });

  test("reads the rest of a refused body away, so that the connection serves the next request", async () => {
    const { port } = await start(async (request) => {
      if (request.method === "GET") return new Response("next");
      const reader = request.body!.getReader();
      await reader.read();
      await reader.cancel();
      return new Response("refused", { status: 413 });
    });
    const answered = Promise.withResolvers<void>();
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (answer.endsWith("refused")) answered.resolve();
    });
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const megabyte = `100000\r\n${" ".repeat(2 ** 20)}\r\n`;
    socket.write(lines("PUT / HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", "", "") + megabyte);
    await answered.promise;
    for (let n = 0; n < 8; n++) socket.write(megabyte);
    socket.write(lines("0", "", "GET / HTTP/1.1", "Host: localhost", "Connection: close", "", ""));
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*refusedHTTP\/1\.1 200 [\s\S]*next$/);
  });

  test("streams an upload while it arrives", async () => {
    const half = new Uint8Array(2 * 1024 * 1024).fill(7);
    let first!: () => void;
    const arrived = new Promise<void>((resolve) => (first = resolve));
    const { port } = await start(async (request) => {
      let size = 0;
      for await (const chunk of request.body!) {
        size += chunk.byteLength;
        first();
      }
      return new Response(String(size));
    });
    const reply = await new Promise<string>((resolve, reject) => {
      const upload = httpRequest(
        { port, host: "127.0.0.1", method: "PUT", headers: { "content-length": 2 * half.byteLength } },
        (incoming) => {
          let text = "";
          incoming.on("data", (data) => (text += String(data)));
          incoming.on("end", () => resolve(text));
        },
      );
      upload.on("error", reject);
      upload.write(half);
      // The second half goes out only when the handler has seen something of the first.
      void arrived.then(() => upload.end(half));
    });
    expect(reply).toBe(String(2 * half.byteLength));
  });

  test("streams a long answer whole", async () => {
    const chunk = new Uint8Array(256 * 1024).fill(1);
    let left = 40;
    const { url } = await start(
      async () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              if (left-- > 0) controller.enqueue(chunk);
              else controller.close();
            },
          }),
        ),
    );
    const bytes = await (await fetch(url)).arrayBuffer();
    expect(bytes.byteLength).toBe(40 * chunk.byteLength);
  });

  test("reads a stream no faster than the client takes it, and cancels it when the client goes", async () => {
    let pulled = 0;
    let cancelled!: () => void;
    const over = new Promise<void>((resolve) => (cancelled = resolve));
    const { port } = await start(
      async () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              pulled++;
              controller.enqueue(new Uint8Array(1024 * 1024));
            },
            cancel: () => cancelled(),
          }),
        ),
    );
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await new Promise<void>((resolve) => socket.once("data", () => resolve()));
    socket.pause();
    socket.destroy();
    await over;
    expect(pulled).toBeLessThan(100);
    expect(faults).toEqual([]);
  });

  test("aborts the request's signal when the client goes away", async () => {
    let started!: () => void;
    const running = new Promise<void>((resolve) => (started = resolve));
    let aborted!: () => void;
    const over = new Promise<void>((resolve) => (aborted = resolve));
    const { port } = await start((request) => {
      request.signal.addEventListener("abort", () => aborted());
      started();
      return new Promise(() => {});
    });
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await running;
    socket.destroy();
    await over;
    expect(faults).toEqual([]);
  });

  test("cancels the answer of a handler that ends after the client went away", async () => {
    const running = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const { port } = await start(async (request) => {
      const aborted = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      running.resolve();
      await aborted;
      return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
    });
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await running.promise;
    socket.destroy();
    expect(await cancelled.promise).toBeUndefined();
    expect(faults).toEqual([]);
  });

  test("answers a failing handler with 500 and keeps the reason to itself", async () => {
    const { url } = await start(() => Promise.reject(new Error("SELECT secret FROM /home/someone")));
    const reply = await fetch(url);
    expect(reply.status).toBe(500);
    const body = (await reply.json()) as { error_code: string; message: string };
    expect(body.error_code).toBe("INTERNAL_ERROR");
    expect(body.message).not.toContain("secret");
    expect(faults).toEqual([expect.objectContaining({ message: "SELECT secret FROM /home/someone" })]);
  });

  test("cuts the connection when an answer breaks after it has begun", async () => {
    let sent = false;
    const { url } = await start(
      async () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              if (sent) return controller.error(new Error("disk gone"));
              sent = true;
              controller.enqueue(new Uint8Array(10));
            },
          }),
          { headers: { "content-length": "20" } },
        ),
    );
    await expect(fetch(url).then((reply) => reply.arrayBuffer())).rejects.toThrow();
  });

  test("keeps the connection for the next request", async () => {
    const { port } = await start(async () => new Response("ok"));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const once = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest({ port, host: "127.0.0.1", agent }, (incoming) => {
          ports.add(incoming.socket.localPort);
          incoming.resume().on("end", () => resolve());
        });
        sent.on("error", reject).end();
      });
    await once();
    await once();
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  test("refuses a port in use with the flag that cures it", async () => {
    const { port } = await start(async () => new Response("ok"));
    await expect(serve(async () => new Response("ok"), { host: "127.0.0.1", port, onError: () => {} })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port} as another program uses that port: choose another with --port`,
    );
  });

  test("close() lets a running request end", async () => {
    let started!: () => void;
    const running = new Promise<void>((resolve) => (started = resolve));
    let finish!: () => void;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const { url, close } = await start(async () => {
      started();
      await gate;
      return new Response("done");
    });
    const reply = fetch(url).then((answer) => answer.text());
    await running;
    const closed = close(60_000);
    finish();
    expect(await reply).toBe("done");
    await closed;
    await expect(fetch(url)).rejects.toThrow();
  });

  test("answers a method that no Request can have with 400", async () => {
    const { port } = await start(async () => new Response("ok"));
    const answer = await raw(port, lines("TRACE / HTTP/1.1", "Host: localhost", "Connection: close", "", ""));
    expect(answer).toMatch(/^HTTP\/1\.1 40[05]/);
    expect(Buffer.from(answer).includes("stack")).toBe(false);
  });
});
