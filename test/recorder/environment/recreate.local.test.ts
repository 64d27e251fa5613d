import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTracker } from "../../../src/index.ts";
import { recreateEnvironment } from "../../../src/recorder/index.ts";
import type { TestServer } from "../../support/test-server.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { type Archive, archive, git, hostile, repository, runtimeOf, write } from "./project.ts";

const temporaryDirectory = temporaryDirectories();
let at: Archive;
beforeEach(async () => {
  at = await archive();
});
afterEach(() => at.server.close());

const manifest = JSON.stringify({ name: "walk", dependencies: { ky: "^2.0.0", local: "file:./local" } });
const lock = JSON.stringify({ lockfileVersion: 3, packages: { "node_modules/ky": { version: "2.1.0" } } });
const text = (...path: string[]): Promise<string> => readFile(join(...path), "utf8");
const python = false;

describe("S3.7 recreateEnvironment()", () => {
  test("makes the commit, what was not committed and what git does not have again", async () => {
    const tree = await temporaryDirectory();
    await repository(tree, {
      "README.md": "ours\n",
      "app/package.json": manifest,
      "app/package-lock.json": lock,
      "app/README.md": "our app\n",
      "app/train.mjs": "console.log(1);\r\n",
      "app/gone.mjs": "x\n",
      "app/weights.bin": Uint8Array.of(0, 1, 2, 255),
      "lib/rate.mjs": "export const rate = 0.1;\n",
    });
    await git(tree, "rm", "--quiet", "app/gone.mjs");
    await write(tree, {
      "app/train.mjs": "console.log(2);\r\n",
      "app/weights.bin": Uint8Array.of(0, 9, 254),
      "lib/grüße an.mjs": "export {};\n",
    });
    const script = join(tree, "app", "train.mjs");
    const facts = { command: ["node", script, "--name", "a b"] };
    const { id } = await at.record(runtimeOf(script, { facts }));
    const target = join(await temporaryDirectory(), "again");
    const made = await recreateEnvironment(id, pathToFileURL(target), {
      tracker: () => at.open(),
      repository: tree,
      python,
    });
    expect(made).toEqual({
      directory: join(target, "app"),
      install: "npm ci",
      run: "node train.mjs --name 'a b'",
      problems: [],
    });
    for (const path of ["README.md", "app/package.json", "app/train.mjs", "lib/rate.mjs", "lib/grüße an.mjs"]) {
      expect(await text(target, path)).toBe(await text(tree, path));
    }
    expect([...(await readFile(join(target, "app/weights.bin")))]).toEqual([0, 9, 254]);
    expect((await readdir(join(target, "app"))).toSorted()).toEqual(
      [".nvmrc", "README.md", "README.tracklet.md", "package-lock.json", "package.json", "train.mjs", "weights.bin"]
        .map((name) => (name === ".nvmrc" ? `.${versionFile()}` : name))
        .toSorted(),
    );
    expect(await text(target, "app", "README.tracklet.md")).toContain("npm ci && node train.mjs --name 'a b'");
    // A tree with nothing of ours on it is that of the commit.
    expect(await git(target, "diff", "--stat", "HEAD", "--", "lib/rate.mjs", "README.md")).toBe("");
  });

  test("pins what was installed where there is no lock file, and says so", async () => {
    const directory = await temporaryDirectory();
    await write(directory, {
      "package.json": manifest,
      "train.mjs": "1",
      "node_modules/ky/package.json": '{"version":"2.1.7"}',
      "node_modules/local/package.json": '{"version":"0.0.0"}',
    });
    const { id } = await at.record(runtimeOf(join(directory, "train.mjs")));
    const target = await temporaryDirectory();
    const made = await recreateEnvironment(id, target, { tracker: () => at.open(), manager: "npm", python });
    expect(made.install).toBe("npm install");
    expect(made.problems).toEqual([expect.stringMatching(/^No lock file of npm was recorded/)]);
    expect(JSON.parse(await text(target, "package.json")).dependencies).toEqual({ ky: "2.1.7", local: "file:./local" });
    expect(await text(target, "README.md")).toContain("npm install && node train.mjs");
    expect(await text(target, "README.md")).toContain("packages of packages may differ");
  });

  test("installs with Deno and Bun by their lock files, or by npm's", async () => {
    const directory = await temporaryDirectory();
    await write(directory, {
      "package.json": manifest,
      "package-lock.json": lock,
      "deno.lock": "{}",
      "train.mjs": "1",
    });
    const facts = { command: ["node", "--test", join(directory, "train.mjs"), "-x"] };
    const { id } = await at.record(runtimeOf(join(directory, "train.mjs"), { facts }));
    const commands = async (manager: "npm" | "deno" | "bun"): Promise<(string | undefined)[]> => {
      const target = await temporaryDirectory();
      const { install, run } = await recreateEnvironment(id, target, { tracker: () => at.open(), manager, python });
      return [install, run];
    };
    expect(await commands("npm")).toEqual(["npm ci", "node --test train.mjs -x"]);
    expect(await commands("deno")).toEqual(["deno install --frozen", "deno run -A train.mjs -x"]);
    expect(await commands("bun")).toEqual(["bun install", "bun train.mjs -x"]);
  });

  test("writes what was kept, and the changes beside it, where no repository is wanted", async () => {
    const tree = await temporaryDirectory();
    const commit = await repository(tree, { "package.json": manifest, "train.mjs": "1\n" });
    await write(tree, { "train.mjs": "2\n", "new.mjs": "3\n" });
    const { id } = await at.record(runtimeOf(join(tree, "train.mjs")));
    const target = await temporaryDirectory();
    const { problems } = await recreateEnvironment(id, target, { tracker: () => at.open(), repository: false, python });
    expect(problems).toContain(`train.mjs of the command is not here: commit ${commit} may have it.`);
    expect(problems.slice(0, 2)).toEqual([
      `Only files that were kept are here, and not those of commit ${commit}.`,
      "What was not committed is in uncommitted.diff and not applied as its commit is not here.",
    ]);
    expect(await text(target, "uncommitted.diff")).toContain("-1\n+2\n");
    expect(await text(target, "new.mjs")).toBe("3\n");
  });
});

describe("S3.7 recreateEnvironment() of bad input", () => {
  test("writes nothing into a folder that is not empty, nor for a commit or a recording that is not there", async () => {
    const tree = await temporaryDirectory();
    const commit = await repository(tree, { "package.json": manifest, "train.mjs": "1\n" });
    const { id } = await at.record(runtimeOf(join(tree, "train.mjs")));
    const without = await at.record(runtimeOf(join(tree, "train.mjs")), { environment: false });
    const other = await temporaryDirectory();
    await repository(other, { a: "1" });
    const target = await temporaryDirectory();
    const make = (recording: string, directory: string, repository?: string | false) =>
      recreateEnvironment(recording, directory, {
        tracker: () => at.open(),
        python,
        ...(repository !== undefined && { repository }),
      });
    await expect(make(id, tree, tree)).rejects.toThrow(
      /must be an empty folder, or not there yet: it has ".git" and 2 more$/,
    );
    await expect(make(id, join(tree, "train.mjs"), tree)).rejects.toThrow("not there yet: it is a file");
    await expect(make(without.id, target)).rejects.toThrow("it has none: record without environment: false");
    await expect(make("nobody", target)).rejects.toThrow('there is no recording with the id "nobody" on the server');
    await expect(make(id, join(tree, "train.mjs", "a", "b"), tree)).rejects.toThrow(
      /train\.mjs" must be a folder: it is a file$/,
    );
    await expect(recreateEnvironment(id, new URL("http://host/x"), { tracker: () => at.open() })).rejects.toThrow(
      'in "http://host/x" as it must be a folder of this machine',
    );
    await expect(make(id, target)).rejects.toThrow(
      `Cannot get the commit ${commit} as it was recorded without the address of a repository: give { repository: `,
    );
    expect(await readdir(target)).toEqual([]);
    await expect(make(id, join(target, "in"), other)).rejects.toThrow(/^Cannot get the commit \w+ as git says: /);
    await expect(make(id, target, join(other, "nowhere"))).rejects.toThrow(/^Cannot get the commit \w+ as git says: /);
    expect(await readdir(target)).toEqual([]);
    const options = (given: object) =>
      recreateEnvironment(id, target, given as Parameters<typeof recreateEnvironment>[2]);
    await expect(options({})).rejects.toThrow("tracker as it must be a tracker");
    await expect(options({ tracker: () => at.open(), manager: "pip" })).rejects.toThrow(
      'manager as it must be "npm" or',
    );
  });

  test("trusts no recording that somebody else wrote", async () => {
    await using tracker = at.open();
    const make = async (change: object, target: string): Promise<unknown> =>
      recreateEnvironment(await hostile(tracker, change), target, { tracker, python });
    const commit = "a".repeat(40);
    const target = await temporaryDirectory();
    const refused = "must be as this version writes it";
    for (const path of ["../out", "/etc/x", ".git/config", "a/.GIT/hooks/x", "C:\\x", "a/../../x"]) {
      await expect(make({ files: [path] }, target)).rejects.toThrow(refused);
      await expect(make({ project: path }, target)).rejects.toThrow(refused);
    }
    await expect(make({ version: 2 }, target)).rejects.toThrow(`${refused}: of version`);
    await expect(make({ git: { commit: "--upload-pack=x", diff: false } }, target)).rejects.toThrow(refused);
    for (const remote of ["ext::sh -c id", "/etc", "file:///etc", "--upload-pack=id", "ssh://-oProxyCommand=id/x"]) {
      await expect(make({ git: { commit, remote, diff: false } }, target)).rejects.toThrow("none of a network");
    }
    await expect(make({ recordedAt: 1e300 }, target)).rejects.toThrow(`${refused}: of recordedAt`);
    expect(await readdir(target)).toEqual([]);
    // A name that all objects have.
    const named = { runtime: { name: "constructor", version: "1" }, packages: { constructor: "1.0.0" } };
    expect(await make(named, target)).toMatchObject({ install: undefined });
    expect(await readdir(target)).toEqual(["README.md"]);
  });

  test("makes and reads nothing through a link that a commit or its changes bring", async () => {
    const tree = await temporaryDirectory();
    const outside = await temporaryDirectory();
    await write(outside, { "package.json": "{}", "requirements.txt": "numpy==1.0\n" });
    await write(tree, { "train.mjs": "1\n" });
    await symlink(outside, join(tree, "link"));
    const commit = await repository(tree, {});
    await using tracker = at.open();
    const make = async (project: string): Promise<unknown> => {
      const id = await hostile(tracker, { project, git: { commit, diff: false } });
      return recreateEnvironment(id, join(await temporaryDirectory(), "in"), { tracker, repository: tree });
    };
    await expect(make("link/made/outside")).rejects.toThrow(
      'Cannot make "link/made/outside" of an environment as "link" must be a folder, and no link',
    );
    await expect(make("link")).rejects.toThrow('as "link" must be a folder, and no link');
    expect((await readdir(outside)).toSorted()).toEqual(["package.json", "requirements.txt"]);
  });

  test("leaves the lock file of the commit where the recorded one is without its secrets", async () => {
    const tree = await temporaryDirectory();
    const secret = lock.replace("{", '{"x":"https://ci:l0ck-s3cret@npm.example.org/a.tgz",');
    await repository(tree, { "package.json": manifest, "package-lock.json": secret, "train.mjs": "1\n" });
    const { id } = await at.record(runtimeOf(join(tree, "train.mjs")));
    const make = async (repository: string | false): Promise<[text: string, problems: readonly string[]]> => {
      const target = join(await temporaryDirectory(), "in");
      const { problems } = await recreateEnvironment(id, target, { tracker: () => at.open(), repository, python });
      return [await text(target, "package-lock.json"), problems];
    };
    expect(await make(tree)).toEqual([
      secret,
      ["package-lock.json is that of the commit, as what was recorded of it has *** in the place of secrets."],
    ]);
    expect(await make(false)).toEqual([
      secret.replace("ci:l0ck-s3cret", "***"),
      expect.arrayContaining(["package-lock.json has *** in the place of secrets."]),
    ]);
  });

  test("writes a README in which a recording's names are nothing but names", async () => {
    await using tracker = at.open();
    const change = {
      runtime: { name: "node", version: "`x`" },
      os: { name: "<img src=x>" },
      command: ["sh", "-c", "a\n```\n# b"],
      variables: { "x; touch ran": "\u001b[31m" },
      leftOut: [{ what: "[a](https://evil.test)\n## c", why: "\u202ed" }],
    };
    const id = await hostile(tracker, change, {}, "a\r\n# b `c`");
    const target = await temporaryDirectory();
    await recreateEnvironment(id, target, { tracker, python });
    const lines = (await text(target, "README.md")).split("\n");
    expect(lines[0]).toBe("# a  \\# b \\`c\\`, made again");
    expect(lines).toEqual(
      expect.arrayContaining([
        "sh -c $'a\\u000a```\\u000a# b'",
        "- node \\`x\\`",
        "- \\<img src=x\\>",
        "# $'x; touch ran=\\u001b[31m'",
        "- \\[a\\](https://evil.test) \\#\\# c:  d",
      ]),
    );
    expect(lines.filter((line) => line.startsWith("```"))).toHaveLength(4);
  });

  test("reads no more than a recording keeps", async () => {
    await using tracker = at.open();
    const target = await temporaryDirectory();
    const many = await hostile(tracker, { files: Array.from({ length: 2001 }, (_, n) => `f${n}`) });
    await expect(recreateEnvironment(many, target, { tracker, python })).rejects.toThrow("of files");
    let sent = 0;
    const body = () =>
      new ReadableStream({
        pull(controller) {
          sent++;
          controller.enqueue(new Uint8Array(2 ** 20));
        },
      });
    const fetch: TestServer["fetch"] = async (request) =>
      request.url.includes("files/endless") ? new Response(body()) : at.server.fetch(request);
    await using endless = createTracker({ trackingUri: at.server.trackingUri, fetch });
    const id = await hostile(tracker, { files: ["endless"] });
    await expect(recreateEnvironment(id, target, { tracker: endless, python })).rejects.toThrow(
      "it has more than the 67108864 bytes that a recording keeps",
    );
    expect(sent).toBeLessThan(80);
    expect(await readdir(target)).toEqual([]);
  });

  test("says which options a script is started without, and leaves what names none as it was", async () => {
    await using tracker = at.open();
    const runOf = async (command: string[], manager: "npm" | "deno" | "bun") => {
      const id = await hostile(tracker, { command, files: [] });
      const { run, problems } = await recreateEnvironment(id, await temporaryDirectory(), { tracker, manager, python });
      return [run, ...problems];
    };
    const missing = "train.ts of the command is not here.";
    const without = "is started without these options.";
    expect(await runOf(["node", "--import", "tsx", "train.ts", "-x"], "bun")).toEqual([
      "bun train.ts -x",
      `node --import tsx ran it: bun ${without}`,
      missing,
    ]);
    expect(await runOf(["deno", "run", "-A", "train.ts"], "npm")).toEqual([
      "node train.ts",
      `deno -A ran it: node ${without}`,
      missing,
    ]);
    expect(await runOf(["bun", "run", "train.ts", "run"], "deno")).toEqual(["deno run -A train.ts run", missing]);
    expect(await runOf(["node", "-e", "1\u001b"], "bun")).toEqual([
      "node -e $'1\\u001b'",
      "It was run by node and names no script: bun may need another command.",
    ]);
  });
});

/** The name without its dot of the file that keeps the version of the runtime that the test runs in. */
function versionFile(): string {
  const { deno, bun } = process.versions as Record<string, string | undefined>;
  return deno !== undefined ? "dvmrc" : bun !== undefined ? "bun-version" : "nvmrc";
}
