import { randomBytes } from "node:crypto";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { captureEnvironment } from "../../../src/recorder/environment/capture-environment.ts";
import type { RecordedEnvironment } from "../../../src/recorder/environment/types.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { type Archive, archive, git, repository, runtimeOf, write } from "./project.ts";

const temporaryDirectory = temporaryDirectories();
let at: Archive;
beforeEach(async () => {
  at = await archive();
});
afterEach(() => at.server.close());

const manifest = JSON.stringify({ name: "walk", dependencies: { ky: "^2.0.0" }, packageManager: "npm@11.1.0" });
const lock = JSON.stringify({ lockfileVersion: 3, packages: { "node_modules/ky": { version: "2.1.0" } } });
const described = (kept: Map<string, string>): RecordedEnvironment =>
  JSON.parse(kept.get("environment/environment.json") ?? "");

describe("S3.7 register()", () => {
  test("keeps machine, packages, lock file, commit, changes and files that git does not have", async () => {
    const tree = await temporaryDirectory();
    const commit = await repository(tree, {
      "lib/shared.mjs": "export const rate = 0.1;\n",
      "app/package.json": manifest,
      "app/package-lock.json": lock,
      "app/train.mjs": "console.log(1);\n",
      ".gitignore": "node_modules\nignored.txt\n",
    });
    await git(tree, "remote", "add", "origin", "https://someone:hunter2tok@git.example.org/team/walk.git?x=1");
    await write(tree, {
      "app/train.mjs": "console.log(2);\n",
      "app/new file.mjs": "export {};\n",
      "app/ignored.txt": "no",
      "app/node_modules/.package-lock.json": JSON.stringify({
        packages: {
          "node_modules/ky": { version: "2.1.0" },
          "node_modules/ky/node_modules/@a/b": { version: "1.0.0" },
        },
      }),
    });
    const script = join(tree, "app", "train.mjs");
    const facts = {
      os: { name: "linux", release: "6.1", architecture: "x64" },
      cpu: { model: "Fast", cores: 8 },
      memory: 2 ** 34,
      command: ["node", "--test", script, "--lr", "0.1"],
    };
    const variables = { NODE_ENV: "production", STATION: "beach", HOME: "/home/someone" };
    const { kept, tags } = await at.record(runtimeOf(script, { variables, facts }), {
      environment: { variables: ["STATION"] },
    });
    const environment = described(kept);
    expect(environment).toMatchObject({
      version: 1,
      os: facts.os,
      cpu: facts.cpu,
      memory: 2 ** 34,
      command: ["node", "--test", "train.mjs", "--lr", "0.1"],
      variables: { NODE_ENV: "production", STATION: "beach" },
      packageManager: { name: "npm", version: "11.1.0" },
      git: { commit, branch: "main", remote: "https://git.example.org/team/walk.git", diff: true },
      project: "app",
      files: ["app/new file.mjs", "app/package-lock.json", "app/package.json"],
      packages: { ky: "2.1.0" },
      leftOut: [],
    });
    expect(environment.variables).not.toHaveProperty("HOME");
    expect(kept.get("environment/uncommitted.diff")).toContain("-console.log(1);\n+console.log(2);");
    expect(kept.get("environment/files/app/package-lock.json")).toBe(lock);
    expect(JSON.parse(kept.get("environment/packages.json") ?? "")).toEqual({
      "node_modules/ky": "2.1.0",
      "node_modules/ky/node_modules/@a/b": "1.0.0",
    });
    expect(tags).toMatchObject({
      "mlflow.source.git.commit": commit,
      "mlflow.source.git.repoURL": "https://git.example.org/team/walk.git",
      "mlflow.tracklet.os": "linux 6.1 x64",
      "mlflow.tracklet.cpu": "Fast, 8 cores",
      "mlflow.tracklet.packageManager": "npm 11.1.0",
      "mlflow.tracklet.environment": "environment/environment.json",
    });
    expect(await git(tree, "status", "--porcelain")).toBe('M app/train.mjs\n?? "app/new file.mjs"');
  });

  test("says what this process runs on, and leaves out what it is told to", async () => {
    const directory = await temporaryDirectory();
    await write(directory, { "package.json": "{}", "train.mjs": "" });
    const { host: _, ...runtime } = runtimeOf(join(directory, "train.mjs"));
    const { kept } = await at.record(runtime, { environment: { command: ["python3", "train.py", "--epochs", "3"] } });
    const { os, cpu, memory, command, git: none, runtime: own } = described(kept);
    expect([os?.name, cpu?.cores, memory]).toEqual([expect.any(String), expect.any(Number), expect.any(Number)]);
    expect(command).toEqual(["python3", "train.py", "--epochs", "3"]);
    expect(none).toBeUndefined();
    expect(own).toEqual({ name: runtime.name, version: expect.stringMatching(/^\d+\.\d+/) });
    expect((await at.record(runtime, { environment: false })).kept.size).toBe(0);
  });

  test("is found out by a later process when the first died before it was", async () => {
    const directory = await temporaryDirectory();
    await write(directory, { "package.json": manifest, "train.mjs": "" });
    const runtime = runtimeOf(join(directory, "train.mjs"));
    await using tracker = at.open();
    const run = tracker.startRun({ name: "walk" });
    await run.runId();
    const { createRecorder } = await import("../../../src/recorder/index.ts");
    const attach = async (): Promise<void> => {
      const recorder = createRecorder({ tracker: () => at.open(runtime), name: "walk" });
      await recorder.attach(run.localId);
      await recorder.stop();
    };
    await attach();
    const recorded = await (await tracker.openArtifact(run.localId, "environment/environment.json")).text();
    expect(JSON.parse(recorded).files).toEqual(["package.json", "train.mjs"]);
    // The environment of a recording is where it began.
    await write(directory, { "later.mjs": "" });
    await attach();
    expect(await (await tracker.openArtifact(run.localId, "environment/environment.json")).text()).toBe(recorded);
  });
});

describe("S3.7 register() without secrets", () => {
  const planted = {
    variable: "vAr1able-s3cret-value",
    option: "opt10n-s3cret-value",
    npmrc: "npm1rc-s3cret-value",
    remote: "r3mote-s3cret-value",
    diff: "ghp_d1ffd1ffd1ffd1ffd1ffd1ffd1ff",
    field: "f1eld-s3cret-value",
    dotenv: "d0tenv-s3cret-value",
    lock: "l0ck-s3cret-value",
    login: "l0gin-s3cret-value",
    word: "correct-horse",
    digits: "73501946",
    slash: "/wJalrXUtnFEMI-no-place",
    foreign: "grüße-an-alle",
    old: "0ld-t0ken-value",
    yaml: "yaml-hunter2222",
    spaced: "sp4ced-api-key",
    docker: "d0cker-npm-auth",
    json: "jsontokenabc",
    pass: "opt-pass",
    user: "us3r-pass",
    cell: "cell-horse",
    place: "place-horse",
    block: "block horse",
  };

  test("captures none that was planted, in files, changes, arguments, addresses and variables", async () => {
    const tree = await temporaryDirectory();
    await repository(tree, {
      "package.json": manifest,
      "train.mjs": "const a = 1;\nconst b = 2;\n",
      "old.mjs": `const key = "${planted.diff}";\nconst c = 3;\n`,
    });
    await git(tree, "remote", "add", "origin", `https://${planted.remote}@git.example.org/walk`);
    await write(tree, {
      "train.mjs": `const a = 1;\nconst apiKey = "${planted.field}";\nfetch("https://x", "${planted.diff}");\nconst dbPassword = '${planted.word}';\nsay("${planted.foreign}");\nconst b = 2;\n`,
      "old.mjs": `const key = "${planted.diff}";\nconst c = 4;\n`,
      "other.mjs": `export const used = "${planted.variable}";\nexport const free = 1;\n`,
      ".npmrc": `//npm.example.org/:_authToken=${planted.npmrc}\n`,
      ".env": `API_TOKEN=${planted.dotenv}\n`,
      "config/settings.sh": `export API_TOKEN=${planted.dotenv}\n`,
      "config/app.yml": `db:\n  password: ${planted.yaml}\n  api_key = ${planted.spaced}\n  n: ${planted.digits}\n`,
      "config/app.json": `{"token":"${planted.json}","path":"${planted.slash}","old":["${planted.old}"]}`,
      "config/block.yml": `db:\n  passphrase: |\n    ${planted.block}\n`,
      "config/users.csv": `name,password\nann,${planted.cell}\n`,
      "secrets/db.txt": planted.place,
      Dockerfile: `ENV NPM_AUTH ${planted.docker}\n`,
      "package-lock.json": JSON.stringify({ a: { resolved: `https://ci:${planted.lock}@npm.example.org/a.tgz` } }),
    });
    const script = join(tree, "train.mjs");
    const command = ["node", script, "--api-key", planted.option, `--db=postgres://u:${planted.lock}@db/x`, "--lr=0.1"];
    command.push("--db-pass", planted.pass, "-u", `ann:${planted.user}`, "--max-tokens", "512");
    const variables = {
      DB_PASS: planted.digits,
      AWS_SECRET_ACCESS_KEY: planted.slash,
      SMTP_PASS: planted.foreign,
      GITHUB_TOKEN_OLD: planted.old,
      // A place, as it is there.
      GOOGLE_APPLICATION_CREDENTIALS: script,
      WEATHER_API_KEY: planted.variable,
      NODE_OPTIONS: `--title=${planted.variable}`,
      STATION_URL: `https://u:${planted.login}@station.example.org/`,
    };
    const { kept, tags } = await at.record(runtimeOf(script, { variables, facts: { command } }), {
      environment: { variables: ["STATION_URL"] },
    });
    const all = JSON.stringify([...kept, tags]);
    for (const secret of Object.values(planted)) expect(all).not.toContain(secret);
    // What is no secret stays, so that it still runs.
    const { command: said, leftOut, files, variables: some } = described(kept);
    expect(said).toEqual([
      "node",
      "train.mjs",
      "--api-key",
      "***",
      "--db=postgres://***@db/x",
      "--lr=0.1",
      "--db-pass",
      "***",
      "-u",
      "ann:***",
      "--max-tokens",
      "512",
    ]);
    expect(some).toEqual({ NODE_OPTIONS: "--title=***", STATION_URL: "https://***@station.example.org/" });
    expect(files).toEqual([
      "Dockerfile",
      "config/app.json",
      "config/app.yml",
      "config/block.yml",
      "config/settings.sh",
      "config/users.csv",
      "other.mjs",
      "package-lock.json",
      "package.json",
    ]);
    expect(kept.get("environment/files/other.mjs")).toBe('export const used = "***";\nexport const free = 1;\n');
    expect(kept.get("environment/uncommitted.diff")).toContain('+const apiKey = "***";\n+fetch("https://x", "***");');
    expect(leftOut.map(({ what }) => what)).toEqual(
      expect.arrayContaining([".npmrc", ".env", "changes of old.mjs", "secrets in changes of train.mjs"]),
    );
  });

  test("refuses a variable that is named like a secret", async () => {
    const record = at.record(runtimeOf("/x/train.mjs"), { environment: { variables: ["WEATHER_API_KEY"] } });
    await expect(record).rejects.toThrow(
      'Cannot keep the environment variable "WEATHER_API_KEY" as it must not be named like a secret',
    );
  });
});

describe("S3.7 register() where something is missing or huge", () => {
  test("keeps the sources where there is no git, without what is made or logged", async () => {
    const directory = await temporaryDirectory();
    await write(directory, {
      "package.json": manifest,
      "src/train.mjs": "1",
      "data.bin": Uint8Array.of(0, 255, 254),
      "huge.bin": new Uint8Array(6 * 2 ** 20),
      "mlflow.db": "x",
      "node_modules/ky/package.json": '{"version":"2.1.0"}',
      "node_modules/@a/b/package.json": '{"version":"1.0.0"}',
      "node_modules/broken/package.json": "{",
    });
    const { kept } = await at.record(runtimeOf(join(directory, "src", "train.mjs")));
    const { files, leftOut, git: none, packages } = described(kept);
    expect(none).toBeUndefined();
    expect(files).toEqual(["data.bin", "package.json", "src/train.mjs"]);
    expect(packages).toEqual({ "@a/b": "1.0.0", ky: "2.1.0" });
    expect(leftOut).toEqual([
      { what: "huge.bin", why: "it has 6291456 bytes, and 5242880 are kept of a file: log it as an artifact" },
    ]);
  });

  test("keeps nothing that is made or logged where git does not ignore it, nor the queue", async () => {
    const tree = await temporaryDirectory();
    await repository(tree, { "package.json": manifest, "train.mjs": "1" });
    const made = ["node_modules/a/x.js", "app/mlruns/0/x", "mlflow.db", "mlflow.db-wal", ".tracklet/q.db", "a/.venv/x"];
    await write(tree, Object.fromEntries([...made, "out/q.db", "out/q.db-wal", "new.mjs"].map((path) => [path, "x"])));
    const runtime = runtimeOf(join(tree, "train.mjs"));
    const { files } = (await captureEnvironment(runtime, {}, [], join(tree, "out", "q.db"))).environment;
    expect(files).toEqual(["new.mjs", "package.json"]);
    const recorded = await at.record(runtime);
    expect(described(recorded.kept).files).toEqual(["new.mjs", "out/q.db", "out/q.db-wal", "package.json"]);
  });

  test("follows no link, with git or without, and says which it left out", async () => {
    const outside = await temporaryDirectory();
    await write(outside, { "private.txt": "patient data", "deno.json": "{}", "inner/x.txt": "patient data" });
    const plain = await temporaryDirectory();
    const tree = await temporaryDirectory();
    const files = { "package.json": manifest, "train.mjs": "1", "a/real.mjs": "1" };
    await write(plain, files);
    await repository(tree, files);
    await repository(join(tree, "nested"), { "x.mjs": "1" });
    const links = {
      "a/out.txt": "private.txt",
      broken: "nowhere",
      "deno.json": "deno.json",
      folder: "inner",
      loop: "",
    };
    for (const directory of [plain, tree]) {
      for (const [link, to] of Object.entries(links)) {
        await symlink(link === "loop" ? "loop" : join(outside, to), join(directory, link));
      }
    }
    const leftOut = Object.keys(links).map((what) => ({ what, why: "links are not followed" }));
    const captured = async (directory: string) =>
      captureEnvironment(runtimeOf(join(directory, "train.mjs")), { directory });
    for (const directory of [plain, tree]) {
      const { environment, files: kept } = await captured(directory);
      expect(environment.leftOut).toEqual(expect.arrayContaining(leftOut));
      const texts = [...kept.values()].map((bytes) => new TextDecoder().decode(bytes));
      expect(texts.filter((text) => text.includes("patient"))).toEqual([]);
      expect(environment.files).toContain("package.json");
      expect(environment.files.filter((path) => path in links)).toEqual([]);
    }
    const { environment } = await captured(tree);
    expect(environment.leftOut).toContainEqual({
      what: "nested/",
      why: "it is a folder, with a repository of its own",
    });
    expect(environment.leftOut.length).toBe(leftOut.length + 1);
    // What is chosen by its name may be a link.
    const link = join(outside, "link");
    await symlink(plain, link);
    expect((await captured(link)).environment.files).toContain("a/real.mjs");
  });

  test("goes on when git cannot be run, and says so", async () => {
    const tree = await temporaryDirectory();
    const commit = await repository(tree, { "package.json": manifest, "train.mjs": "1" });
    const { kept } = await at.record(runtimeOf(join(tree, "train.mjs"), { spawn: async () => undefined }));
    const { git: known, files, leftOut } = described(kept);
    expect(known).toEqual({ commit, branch: "main", diff: false });
    expect(files).toEqual(["package.json", "train.mjs"]);
    expect(leftOut).toContainEqual({ what: "uncommitted changes", why: "git cannot be run" });
  });

  test("keeps changes of binary files, and leaves them out where they are too large", async () => {
    const tree = await temporaryDirectory();
    await repository(tree, { "package.json": manifest, "a.bin": Uint8Array.of(0, 1, 2), "train.mjs": "1\n" });
    await write(tree, { "a.bin": Uint8Array.of(0, 9, 9, 255), "train.mjs": "2\n" });
    const runtime = runtimeOf(join(tree, "train.mjs"));
    const small = await at.record(runtime);
    expect(small.kept.get("environment/uncommitted.diff")).toContain("GIT binary patch");
    // Bytes that do not compress, more than a diff may have.
    await write(tree, { "a.bin": randomBytes(11 * 2 ** 20) });
    const large = await at.record(runtime);
    expect(large.kept.get("environment/uncommitted.diff")).toMatch(/^diff --git a\/train\.mjs b\/train\.mjs/);
    expect(large.kept.get("environment/uncommitted.diff")).not.toContain("a.bin");
    expect(described(large.kept).leftOut).toEqual([
      { what: "changes of a.bin", why: "it is no text, and all changes together are too large" },
    ]);
  });

  test("looks at no more than 3,000 packages", async () => {
    const directory = await temporaryDirectory();
    await write(directory, {
      "package.json": manifest,
      "train.mjs": "",
      "node_modules/p1/package.json": '{"version":"1"}',
    });
    const runtime = runtimeOf(join(directory, "train.mjs"));
    const files = runtime.files!;
    const many = Array.from({ length: 3010 }, (_, n) => ({ name: `p${n}`, isDirectory: true, isFile: false }));
    const list: typeof files.list = async (path) => (path.endsWith("node_modules") ? many : files.list(path));
    const readText: typeof files.readText = (path) =>
      path.includes("p1/") || !path.includes("node_modules") ? files.readText(path) : Promise.reject(new Error("none"));
    const { kept } = await at.record({ ...runtime, files: { ...files, list, readText } });
    const { packages, leftOut } = described(kept);
    expect(packages).toEqual({ p1: "1" });
    expect(leftOut).toEqual([{ what: "versions of further packages", why: "3000 packages are looked at" }]);
  });
});
