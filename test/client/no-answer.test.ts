import { describe, expect, test } from "vitest";
import { NoAnswer } from "../../src/client/no-answer.ts";

/** An error as fetch throws it: with a code, with causes below it. */
function thrown(message: string, { code, cause }: { code?: string; cause?: Error } = {}): Error {
  return Object.assign(new TypeError(message, { cause }), code === undefined ? {} : { code });
}

const below = (message: string, code?: string): Error =>
  thrown("fetch failed", { cause: thrown(message, code === undefined ? {} : { code }) });

function messageOf(url: string, error: unknown): string {
  const { message } = new NoAnswer(error, { method: "GET", url });
  expect(message.startsWith(`Cannot GET ${url} as `)).toBe(true);
  return message.slice(`Cannot GET ${url} as `.length);
}

describe("NoAnswer", () => {
  test("names the code, and asks for the server and its address", () => {
    const cure = "is the server running, and trackingUri its address?";
    expect(messageOf("http://x/a", below("connect", "ECONNREFUSED"))).toBe(`no answer came (ECONNREFUSED): ${cure}`);
    expect(messageOf("http://x/a", new TypeError("Failed to fetch"))).toBe(`no answer came: ${cure}`);
    expect(messageOf("http://x/a", "a text")).toBe(`no answer came: ${cure}`);
  });

  test.each([
    ["Node", below("bad port")],
    ["Deno", thrown("Fetch failed: Requests to port 22 are blocked")],
  ])("says that no request goes to some ports, in %s", (_, error) => {
    expect(messageOf("http://x:22/a", error)).toBe(
      "fetch never opens port 22, which belongs to another protocol: serve MLflow at another port, and name that in trackingUri",
    );
  });

  test.each([
    ["Node", below("getaddrinfo ENOTFOUND nohost", "ENOTFOUND"), " (ENOTFOUND)"],
    ["Node without a network", below("getaddrinfo EAI_AGAIN nohost", "EAI_AGAIN"), " (EAI_AGAIN)"],
    ["Deno", below("client error (Connect): dns error: failed to lookup address information"), ""],
    ["Bun", thrown("getaddrinfo ENOTFOUND nohost", { code: "ENOTFOUND" }), " (ENOTFOUND)"],
  ])("says that nobody knows the name of the host, in %s", (_, error, code) => {
    expect(messageOf("http://nohost:5000/a", error)).toBe(
      `nobody knows the host "nohost"${code}: is trackingUri spelled right, and is there a network?`,
    );
  });

  const unknown = { code: "ENOTFOUND", hostname: "sso.corp.invalid" };
  const sent =
    "error sending request for url (https://sso.corp.invalid/login?x=(1)): client error (Connect): dns error";
  test.each([
    [
      "Node",
      thrown("fetch failed", { cause: Object.assign(new Error("getaddrinfo ENOTFOUND"), unknown) }),
      "ENOTFOUND",
    ],
    ["Deno", below(sent), undefined],
    ["Bun", Object.assign(new TypeError("getaddrinfo ENOTFOUND"), unknown), "ENOTFOUND"],
  ])("names the host that a redirect leads to when nobody knows that, in %s", (_, error, code) => {
    expect(messageOf("http://mlflow:5000/a", error)).toBe(
      `nobody knows the host "sso.corp.invalid"${code === undefined ? "" : ` (${code})`}, which the server at "mlflow:5000" sends to: does MLflow answer there, or a login page or proxy before it?`,
    );
  });

  test.each([{ hostname: "NoHost" }, { hostname: "" }, { hostname: 7 }, {}])(
    "blames the host that was asked when the platform says %j",
    (said) => {
      const cause = Object.assign(new Error("getaddrinfo ENOTFOUND nohost"), { code: "ENOTFOUND", ...said });
      expect(messageOf("http://nohost/a", thrown("fetch failed", { cause }))).toMatch(
        /^nobody knows the host "nohost" \(ENOTFOUND\): is trackingUri/,
      );
    },
  );

  test.each([
    [
      "Node",
      below("SSL routines:wrong version number", "ERR_SSL_WRONG_VERSION_NUMBER"),
      "ERR_SSL_WRONG_VERSION_NUMBER",
    ],
    ["Deno", below("client error (Connect): received corrupt message of type InvalidContentType"), undefined],
    ["Bun", thrown("EPROTO: The TLS handshake failed. Does the server speak TLS?", { code: "EPROTO" }), "EPROTO"],
  ])("asks for http:// where a server has no TLS, in %s", (_, error, code) => {
    const cure = "does the server at this port speak http://, and not https://?";
    expect(messageOf("https://x:5000/a", error)).toBe(
      `no TLS connection came about${code === undefined ? "" : ` (${code})`}: ${cure}`,
    );
    expect(messageOf("http://x:5000/a", error)).toContain("no answer came");
  });

  test.each([
    ["Node", below("Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)")],
    ["Deno", below("client error (SendRequest): invalid HTTP version parsed")],
  ])("asks for https:// where the answer is not HTTP, in %s", (_, error) => {
    expect(messageOf("http://x/a", error)).toBe(
      "the answer is not HTTP: does the server at this port speak https://, or something else?",
    );
  });
});
