import { describe, expect, test } from "vitest";
import { createSecurity, type SecurityOptions } from "../../src/server/security.ts";
import { current } from "../../src/server/compat.ts";
import { isAllowedHost } from "../../src/server/hosts.ts";

/** What the server's security says to a request, without a server behind it. A `host` is put into the address. */
function ask(
  options: SecurityOptions,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  host = "localhost:5000",
): { status: number; header(name: string): string | null; text: Promise<string> } {
  const security = createSecurity(options, current);
  const url = new URL(`http://${host}${path}`);
  // Stands for a Request: browsers take no forbidden headers such as Origin from a page.
  const request = { method, headers: new Map(Object.entries(headers)) as unknown as Headers, url: url.href } as Request;
  (request.headers as unknown as { get: unknown }).get = (name: string) => headers[name] ?? null;
  const response = security.admit(request, url) ?? security.dress(request, new Response("served"));
  return { status: response.status, header: (name) => response.headers.get(name), text: response.text() };
}

const api = "/api/2.0/mlflow/runs/search";

describe("Host check", () => {
  test.each([
    "localhost",
    "localhost:1234",
    "127.0.0.1:5000",
    "[::1]:5000",
    "0.0.0.0:5000",
    "10.0.0.7:5000",
    "192.168.1.2",
    "172.20.1.1",
    "fd00::1",
    "[fd00::1]:5000",
    "[fc00:1:2::3]",
    "172.16.0.1:80",
    "172.31.255.255",
    "tracklet.localhost",
  ])("serves %s", (host) => expect(isAllowedHost(host, undefined)).toBe(true));

  test.each([
    "",
    "evil.example.com",
    "localhost.evil.com",
    "8.8.8.8",
    "172.32.0.1",
    "172.15.0.1",
    "127.0.0.1.evil.com",
    "10.evil.com",
    "10.0.0.7.evil.com:5000",
    "192.168.evil.com",
    "192.168.1.1.evil.com",
    "172.16.evil.com",
    "10.0.0",
    "10.0.0.7:evil.com",
    "fd00:x.evil.com",
    "fd00::1.evil.com",
    "[fd00::1].evil.com",
    "evil.com?.localhost",
    "evil.com/x.localhost",
  ])("refuses %j", (host) => expect(isAllowedHost(host, undefined)).toBe(false));

  test("compares a list of one's own whole, * for any characters", () => {
    expect(isAllowedHost("ml.example.com", ["ml.example.com"])).toBe(true);
    expect(isAllowedHost("a.ml.example.com", ["*.example.com"])).toBe(true);
    expect(isAllowedHost("mlXexample.com", ["ml.example.com"])).toBe(false);
    expect(isAllowedHost("localhost", ["ml.example.com"])).toBe(false);
    expect(isAllowedHost("anything", ["*"])).toBe(true);
  });

  test("answers 403 as text with the cure, but serves the probes", async () => {
    const refused = ask({}, "GET", api, {}, "evil.example.com");
    expect([refused.status, refused.header("content-type"), refused.header("vary")]).toEqual([403, "text/plain", null]);
    expect(await refused.text).toContain("Invalid Host header");
    for (const path of ["/health", "/version"]) expect(ask({}, "GET", path, {}, "evil.example.com").status).toBe(200);
  });

  test("believes the Host header before the address", () => {
    expect(ask({}, "GET", api, { host: "evil.example.com" }).status).toBe(403);
    expect(ask({}, "GET", api, { host: "" }).status).toBe(403);
  });
});

describe("CORS", () => {
  const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type,x-foo" };

  test.each(["http://localhost:3000", "http://127.0.0.1:9", "http://[::1]:5"])(
    "lets pages of %s read answers",
    (origin) => {
      const before = ask({}, "OPTIONS", api, { origin, ...preflight });
      expect(before.status).toBe(200);
      expect(before.header("access-control-allow-origin")).toBe(origin);
      expect(before.header("access-control-allow-headers")).toBe("content-type,x-foo");
      expect(before.header("access-control-max-age")).toBe("600");
      const answer = ask({}, "POST", api, { origin });
      expect([answer.status, answer.header("access-control-allow-origin")]).toEqual([200, origin]);
      expect(answer.header("access-control-allow-credentials")).toBe("true");
    },
  );

  test.each(["https://app.example.com", "null", "http://localhost.evil.com", "http://192.168.1.2"])(
    "blocks writes of pages of %s",
    async (origin) => {
      expect(ask({}, "OPTIONS", api, { origin, ...preflight }).status).toBe(400);
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const answer = ask({}, method, api, { origin });
        expect([answer.status, answer.header("access-control-allow-origin")]).toEqual([403, null]);
        expect(await answer.text).toContain("Cross-origin request blocked");
      }
      const read = ask({}, "GET", api, { origin });
      expect([read.status, read.header("access-control-allow-origin")]).toEqual([200, null]);
    },
  );

  test("serves https pages of this machine, which cannot read the answer", () => {
    const answer = ask({}, "POST", api, { origin: "https://localhost:3000" });
    expect([answer.status, answer.header("access-control-allow-origin")]).toEqual([200, null]);
    expect(ask({}, "OPTIONS", api, { origin: "https://localhost:3000", ...preflight }).status).toBe(400);
  });

  test("lets named origins in, and no others", () => {
    const options = { corsAllowedOrigins: ["https://app.example.com"] };
    const answer = ask(options, "POST", api, { origin: "https://app.example.com" });
    expect([answer.status, answer.header("access-control-allow-origin")]).toEqual([200, "https://app.example.com"]);
    expect(ask(options, "OPTIONS", api, { origin: "https://app.example.com", ...preflight }).status).toBe(200);
    expect(ask(options, "POST", api, { origin: "https://app.example.com.evil.com" }).status).toBe(403);
  });

  test("lets everyone in with *, but never with credentials", () => {
    const answer = ask({ corsAllowedOrigins: ["*"] }, "POST", api, { origin: "https://app.example.com" });
    expect([answer.status, answer.header("access-control-allow-origin")]).toEqual([200, "*"]);
    expect(answer.header("access-control-allow-credentials")).toBeNull();
  });

  test("refuses a method that is none of MLflow's", async () => {
    const answer = ask({}, "OPTIONS", api, {
      origin: "http://localhost",
      ...preflight,
      "access-control-request-method": "PROPFIND",
    });
    expect([answer.status, await answer.text]).toEqual([400, "Disallowed CORS method"]);
  });

  test("dresses every served answer against sniffing and framing", () => {
    const answer = ask({}, "GET", api);
    expect([answer.header("x-content-type-options"), answer.header("x-frame-options")]).toEqual([
      "nosniff",
      "SAMEORIGIN",
    ]);
    expect(answer.header("vary")).toBeNull();
  });
});

describe("auth", () => {
  const basic = { auth: { username: "me", password: "pässword" } };
  const encoded = btoa(String.fromCharCode(...new TextEncoder().encode("me:pässword")));

  test("asks for the password, and tells the scheme", async () => {
    const answer = ask(basic, "GET", api);
    expect([answer.status, answer.header("www-authenticate")]).toEqual([401, 'Basic realm="mlflow"']);
    expect(JSON.parse(await answer.text).error_code).toBe("UNAUTHENTICATED");
  });

  test.each([
    "Basic bWU6d3Jvbmc=",
    "Basic",
    "Bearer me:pässword",
    `basic ${encoded}`,
    `Basic ${encoded}x`,
    `Basic ${encoded.slice(1)}`,
  ])("refuses %s", (authorization) => expect(ask(basic, "GET", api, { authorization }).status).toBe(401));

  test("lets the right credentials in", () => {
    expect(ask(basic, "GET", api, { authorization: `Basic ${encoded}` }).status).toBe(200);
    expect(ask({ auth: { token: "t0ken" } }, "GET", api, { authorization: "Bearer t0ken" }).status).toBe(200);
    expect(ask({ auth: { token: "t0ken" } }, "GET", api, { authorization: "Bearer t0kem" }).status).toBe(401);
  });

  test("does not ask probes and preflights", () => {
    expect(ask(basic, "GET", "/health").status).toBe(200);
    const headers = { origin: "http://localhost", "access-control-request-method": "POST" };
    expect(ask(basic, "OPTIONS", api, headers).status).toBe(200);
  });
});
