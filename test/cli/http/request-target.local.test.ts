import { describe, expect, test } from "vitest";
import { requestUrl } from "../../../src/cli/http/request-target.ts";

/** What a handler sees: the URL parser of `Request` has the last word. */
const seen = (target: string, host = "localhost:5000"): string => new Request(requestUrl(target, host)).url;

describe("requestUrl()", () => {
  test("keeps percent-encoding as it was sent", () => {
    expect(seen("/a/enc%2Fslash%20x/p%252525.txt?filter=a%3D1&x=%2B")).toBe(
      "http://localhost:5000/a/enc%2Fslash%20x/p%252525.txt?filter=a%3D1&x=%2B",
    );
  });

  test.each([
    ["/artifacts/a/../x.txt", "/artifacts/a/%252e%252e/x.txt"],
    ["/artifacts/../../x", "/artifacts/%252e%252e/%252e%252e/x"],
    ["/artifacts/%2e%2E/x", "/artifacts/%252e%252e/x"],
    ["/artifacts/.%2e/x", "/artifacts/%252e%252e/x"],
    ["/artifacts/./x", "/artifacts/%252e/x"],
    ["/artifacts/a..b/...", "/artifacts/a..b/..."],
  ])("lets dot segments reach the handler: %s", (target, path) => {
    expect(new URL(seen(target)).pathname).toBe(path);
  });

  test("does not let a backslash or a fragment change the path", () => {
    expect(new URL(seen("/a\\..\\b/c#d")).pathname).toBe("/a%5C..%5Cb/c%23d");
  });

  test("reads bytes beyond ASCII as they were sent", () => {
    const latin1 = String.fromCharCode(...new TextEncoder().encode("/größe"));
    expect(decodeURIComponent(new URL(seen(latin1)).pathname)).toBe("/größe");
  });

  test("takes the path of an absolute target and the host of the header", () => {
    expect(seen("http://other.example/a?b", "127.0.0.1")).toBe("http://127.0.0.1/a?b");
  });

  test.each(["", "evil.example/path", "a b", "user@host", "[", "x:99999"])(
    "replaces the Host %j, which cannot stand in an address",
    (host) => {
      expect(seen("/api", host)).toBe("http://localhost/api");
    },
  );

  test("begins every path with a slash", () => {
    expect(seen("*")).toBe("http://localhost:5000/*");
    expect(seen("//etc/passwd")).toBe("http://localhost:5000//etc/passwd");
  });
});
