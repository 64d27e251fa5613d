import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Listening, serve } from "../../../src/cli/http/serve.ts";
import { first, type ProxyFault } from "./exchange.ts";
import { Gate } from "./gate.ts";
import { TcpProxy } from "./tcp-proxy.ts";

let server: Listening;
let proxy: TcpProxy;
/** Bodies that the server got whole. */
let seen: string[];

beforeEach(async () => {
  seen = [];
  server = await serve(
    async (request) => {
      const body = await request.text();
      seen.push(body);
      // Two at once are told apart.
      return new Response(`got ${body}`, { status: seen.length > 1 ? 400 : 200 });
    },
    { host: "127.0.0.1", port: 0, onError: () => {} },
  );
  proxy = await TcpProxy.start(server.url);
});
afterEach(async () => {
  await proxy.close();
  await server.close(0);
});

async function post(body: string): Promise<string> {
  const response = await fetch(`${proxy.trackingUri}/a/b?c=d`, { method: "POST", body });
  return `${response.status} ${await response.text()}`;
}

/** All that comes back over a bare connection, and whether it ended in order. */
function raw(body: string): Promise<{ text: string; ended: boolean }> {
  const { port, hostname } = new URL(proxy.trackingUri);
  return new Promise((resolve) => {
    let text = "";
    let ended = false;
    const head = `POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const socket = connect(Number(port), hostname, () => socket.write(head + body));
    socket.on("data", (data: Buffer) => {
      text += data.toString();
    });
    socket.on("end", () => {
      ended = true;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve({ text, ended }));
  });
}

/** That fault for the first request. */
function strike(fault: ProxyFault): void {
  proxy.script = first(1, "", fault);
}

describe("TcpProxy", () => {
  test("passes requests and answers unchanged when its script says nothing", async () => {
    expect(await post("one")).toBe("200 got one");
    expect(await post("two")).toBe("400 got two");
    expect(proxy.exchanges).toMatchObject([
      { number: 1, method: "POST", path: "/a/b?c=d", body: "one", statuses: [200] },
      { number: 2, body: "two", statuses: [400] },
    ]);
    expect(proxy.to("/b")).toHaveLength(2);
  });

  test("passes large bodies whole", async () => {
    const large = "0123456789".repeat(50_000);
    expect((await post(large)).length).toBe("200 got ".length + large.length);
  });

  test("resets a connection before the server has seen the request", async () => {
    strike({ reset: true });
    await expect(post("one")).rejects.toThrow();
    expect(seen).toEqual([]);
    expect(await post("two")).toBe("200 got two");
  });

  test.each([0, 20, 90])("lets only %d bytes of a request come to the server", async (cutRequest) => {
    strike({ cutRequest });
    await expect(post("a body that is not so short that it would come with the head")).rejects.toThrow();
    expect(seen).toEqual([]);
    expect(proxy.exchanges[0]?.statuses).toEqual([]);
  });

  test.each([0, 10])("gives %d bytes of an answer back after the server acted", async (cutAnswer) => {
    strike({ cutAnswer });
    expect(await raw("one")).toEqual({ text: "HTTP/1.1 200 OK".slice(0, cutAnswer), ended: true });
    expect(seen).toEqual(["one"]);
  });

  test("resets a connection after the server acted", async () => {
    strike({ cutAnswer: 0, reset: true });
    await expect(post("one")).rejects.toThrow();
    expect(seen).toEqual(["one"]);
  });

  test("gives the server the same bytes twice, and the worse answer back", async () => {
    strike({ twice: true });
    expect(await post("one")).toBe("400 got one");
    expect(seen).toEqual(["one", "one"]);
    expect(proxy.exchanges[0]?.statuses).toEqual([200, 400]);
  });

  test("holds a request until the gate opens", async () => {
    const gate = new Gate();
    strike({ hold: gate });
    const held = post("one");
    await gate.arrived();
    expect(await post("two")).toBe("200 got two");
    gate.open();
    expect(await held).toBe("400 got one");
    expect(proxy.most()).toBe(2);
  });

  test("lets a request come late whose connection is lost", async () => {
    const gate = new Gate();
    strike({ hold: gate, lost: true });
    await expect(post("one")).rejects.toThrow();
    expect(seen).toEqual([]);
    gate.open();
    await proxy.quiet();
    expect(seen).toEqual(["one"]);
  });

  test("holds an answer until the gate opens", async () => {
    const gate = new Gate();
    strike({ holdAnswer: gate });
    const held = post("one");
    await gate.arrived();
    expect(seen).toEqual(["one"]);
    gate.open();
    expect(await held).toBe("200 got one");
  });

  test.each(["request", "answer"] as const)("swallows the %s: nothing comes, and nothing ends", async (swallow) => {
    proxy.script = first(1, "/one", { swallow });
    const controller = new AbortController();
    const asked = fetch(`${proxy.trackingUri}/one`, { method: "POST", body: "one", signal: controller.signal });
    await proxy.until(() => proxy.to("/one")[0]?.statuses.length === (swallow === "answer" ? 1 : 0));
    // Another request goes all the way meanwhile.
    await post("two");
    controller.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    expect(seen.includes("one")).toBe(swallow === "answer");
  });

  test("delays an answer", async () => {
    strike({ delay: 50 });
    const before = performance.now();
    expect(await post("one")).toBe("200 got one");
    expect(performance.now() - before).toBeGreaterThan(45);
  });

  test("answers in the server's place", async () => {
    strike({ answer: 502, headers: { "retry-after": "3" }, body: "<html>Bad Gateway</html>" });
    const response = await fetch(proxy.trackingUri);
    expect([response.status, response.headers.get("retry-after")]).toEqual([502, "3"]);
    expect(await response.text()).toContain("Bad Gateway");
    expect(seen).toEqual([]);
  });

  test("gives the server another body", async () => {
    strike({ body: "another one" });
    expect(await post("one")).toBe("200 got another one");
    expect(proxy.exchanges[0]?.body).toBe("one");
  });

  test("refuses connections, and takes them again at the same address", async () => {
    const before = proxy.trackingUri;
    await proxy.refuse();
    await expect(post("one")).rejects.toThrow();
    await proxy.accept();
    expect(proxy.trackingUri).toBe(before);
    expect(await post("two")).toBe("200 got two");
  });
});
