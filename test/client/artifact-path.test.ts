import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { artifactPathProblem, encodeArtifactPath } from "../../src/client/artifact-path.ts";
import { artifactRoute } from "../../src/client/artifact-root.ts";
import { ConfigurationError, ValidationError } from "../../src/errors/index.ts";

describe("encodeArtifactPath()", () => {
  test.each([
    ["a.txt", "a.txt"],
    ["dir/sub/b.json", "dir/sub/b.json"],
    ["sp ace.txt", "sp%20ace.txt"],
    ["pl+us&b=c.txt", "pl%2Bus%26b%3Dc.txt"],
    ["файл.txt", "%D1%84%D0%B0%D0%B9%D0%BB.txt"],
    ["🎉.txt", "%F0%9F%8E%89.txt"],
    ["que?ry.txt", "que%3Fry.txt"],
    ["100%.txt", "100%25.txt"],
    ["50% off", "50%25%20off"],
    ["a..b/.hidden", "a..b/.hidden"],
    [`q'u"o`, "q'u%22o"],
    ["back\\slash", "back%5Cslash"],
    ["co:lon", "co%3Alon"],
  ])("writes %j", (path, encoded) => {
    expect(encodeArtifactPath(path)).toBe(encoded);
  });

  test.each([
    ["", "empty"],
    ["/etc/passwd", "relative"],
    ["dir/", "slash at the end"],
    ["..", "stay inside"],
    ["../x", "stay inside"],
    ["a/../../x", "stay inside"],
    ["a/./b", "stay inside"],
    ["a//b", "stay inside"],
    ["ha#sh", '"#"'],
    ["per%20cent", '"%"'],
    ["%2e%2e/x", '"%"'],
    ["%252e", '"%"'],
    ["new\nline", "control"],
    ["c\u0001", "control"],
    ["\ud83c", "well-formed"],
    ["n".repeat(256), "255 bytes"],
    ["й".repeat(128), "255 bytes"],
  ])("refuses %j before anything is sent", (path, reason) => {
    expect(() => encodeArtifactPath(path)).toThrow(ValidationError);
    expect(() => encodeArtifactPath(path)).toThrow(reason);
  });

  test("refuses a path of more than 4,096 bytes, as whoever gives contents for a path has", () => {
    expect(artifactPathProblem(`${"й".repeat(63)}/`.repeat(32).slice(0, -1))).toBe(undefined);
    expect(() => encodeArtifactPath("word/".repeat(1_000_000).slice(0, -1))).toThrow("4096 bytes");
  });

  test("gives nothing that climbs, or that a server which decodes again and again reads as another name", () => {
    const piece = constantFrom("a", ".", "..", "/", "%", "25", "2e", "2F", "5c", "#", " ", "é", "\\", "?");
    assert(
      property(array(piece, { maxLength: 12 }), (pieces) => {
        const path = pieces.join("");
        if (artifactPathProblem(path) !== undefined) return;
        let decoded = encodeArtifactPath(path);
        expect(decoded).not.toMatch(/[?#]|^\/|\/\//);
        for (let turn = 0; turn < 5; turn++) {
          // As Python's unquote does it: what is no escape stays.
          decoded = decoded.replace(/(%[\da-f]{2})+/gi, (escapes) => decodeURIComponent(escapes));
        }
        expect(decoded).toBe(path);
        expect(decoded.split("/")).not.toContain("..");
      }),
      { numRuns: 500 },
    );
  });
});

describe("artifactRoute()", () => {
  const server = "https://host:5000/team";
  const root = "api/2.0/mlflow-artifacts/artifacts";
  test.each([
    ["mlflow-artifacts:/12/abc/artifacts", `${root}/12/abc/artifacts`],
    ["mlflow-artifacts:/custom dir/abc/artifacts", `${root}/custom%20dir/abc/artifacts`],
    ["mlflow-artifacts:///12/abc/artifacts/", `${root}/12/abc/artifacts`],
    ["mlflow-artifacts://host:5000/12/abc", `${root}/12/abc`],
    [`${server}/${root}/12/abc/artifacts`, `${root}/12/abc/artifacts`],
  ])("finds the proxied route of %s", (uri, route) => {
    expect(artifactRoute(uri, server)).toBe(route);
  });

  test.each([
    ["s3://key:hunter22@bucket/x?token=hunter22", "kept in s3:"],
    ["file:///data/mlruns/1/abc/artifacts", "kept in file:"],
    ["/data/mlruns/1/abc/artifacts", "a folder of its own"],
    ["C:\\mlruns\\1", "a folder of its own"],
    ["mlflow-artifacts://elsewhere/1/abc", "kept in mlflow-artifacts:"],
    ["https://elsewhere/api/2.0/mlflow-artifacts/artifacts/1", "kept in https:"],
    ["", "a folder of its own"],
  ])("refuses %s with the cure", (uri, shown) => {
    let error: unknown;
    try {
      artifactRoute(uri, server);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message } = error as Error;
    expect(message).toContain(shown);
    expect(message).toContain("--serve-artifacts");
    expect(message).not.toContain("hunter22");
  });
});
