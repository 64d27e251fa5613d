import { describe, expect, test } from "vitest";
import { fnv64 } from "../../src/internal/fnv64.ts";
import { queueName } from "../../src/queue/queue-name.ts";

describe("fnv64()", () => {
  test.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
  ])("gives the published value of %j", (text, hash) => {
    expect(fnv64(text)).toBe(hash);
  });

  test("hashes UTF-8, so that no letter beyond Latin is cut off", () => {
    expect(fnv64("é")).not.toBe(fnv64("\u01e9"));
    expect(fnv64("\u{1f600}")).toHaveLength(16);
  });
});

describe("queueName()", () => {
  test("stays what it is: a queue must be found again after an update", () => {
    expect(queueName("http://localhost:5000")).toMatch(/^tracklet-localhost-5000-[0-9a-f]{16}$/);
    expect(queueName("http://localhost:5000", "ann")).toBe("tracklet-localhost-5000-761b237feec2ebca");
  });

  test("F46 tells servers, paths and users apart", () => {
    const names = [
      queueName("http://localhost:5000"),
      queueName("http://localhost:5001"),
      queueName("https://localhost:5000"),
      queueName("http://localhost:5000/mlflow"),
      queueName("http://localhost:5000", ""),
      queueName("http://localhost:5000", "ann"),
      queueName("http://localhost:5000", "bob"),
      queueName("http://ann@localhost:5000"),
      queueName('http://localhost:5000","ann'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test("is the same for two ways to write one destination, and whatever the password is", () => {
    expect(queueName("HTTP://LOCALHOST:5000//")).toBe(queueName("http://localhost:5000"));
    expect(queueName("http://lab.example:80")).toBe(queueName("http://lab.example"));
    expect(queueName("http://ann:one@lab.example")).toBe(queueName("http://ann:two@lab.example"));
  });

  test("can name a file and a database, and holds no secret", () => {
    for (const odd of [
      "",
      "not a url",
      "sqlite:///C:\\lab\\mlflow.db",
      "http://ann:secret@[::1]:5000/a?token=secret",
      "é".repeat(300),
    ]) {
      expect(queueName(odd, "../../etc")).toMatch(/^tracklet-[a-z0-9.-]{1,40}-[0-9a-f]{16}$/);
      expect(queueName(odd)).not.toContain("secret");
    }
  });
});
