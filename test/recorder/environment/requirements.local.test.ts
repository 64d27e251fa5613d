import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRecorder, recreateEnvironment } from "../../../src/recorder/index.ts";
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";
import { spawnOf } from "../../../src/runtime/host.ts";
import type { Spawn } from "../../../src/runtime/ports/spawn.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { type Archive, archive, hostile, repository, runtimeOf, write } from "./project.ts";

const temporaryDirectory = temporaryDirectories();
let at: Archive;
beforeEach(async () => {
  at = await archive();
});
afterEach(() => at.server.close());

const manifest = JSON.stringify({ name: "walk", dependencies: { ky: "^2.0.0", local: "file:./local" } });
const lock = JSON.stringify({ lockfileVersion: 3, packages: { "node_modules/ky": { version: "2.1.0" } } });
const text = (...path: string[]): Promise<string> => readFile(join(...path), "utf8");

describe("S3.7 upsertPackageRequirements()", () => {
  /** A python3 that makes nothing, and says what it was asked. */
  const fakePython = (answers: (command: string) => number | undefined): { asked: string[]; spawn: Spawn } => {
    const asked: string[] = [];
    const spawn: Spawn = async (command, args) => {
      asked.push([command.replace(/^.*[\\/]\.venv/, ".venv"), ...args].join(" "));
      const code = answers(asked.at(-1) ?? "");
      if (code === undefined) return undefined;
      const stdout = new TextEncoder().encode("3.12.1\n");
      return { code, stdout, stderr: "first\nno such package\n", tooMuch: false };
    };
    return { asked, spawn };
  };

  test("keeps the latest of each package, also of a later process, and writes them for pip, conda and npm", async () => {
    const directory = await temporaryDirectory();
    await write(directory, { "package.json": manifest, "package-lock.json": lock, "train.mjs": "1" });
    const runtime = runtimeOf(join(directory, "train.mjs"));
    const { id } = await at.record(runtime, { name: "Walk 7" }, (recorder) => {
      recorder.upsertPackageRequirements({ npm: { "@a/b": "1.0.0", ky: "2.1.0" }, python: { NumPy: "1.26.3" } });
      recorder.upsertPackageRequirements({
        python: ["# as they were", "numpy==1.26.4", "scikit_learn>=1.4  # why", ""],
      });
    });
    const second = createRecorder({ tracker: () => at.open(runtime), name: "Walk 7" });
    const { run } = await second.attach(id);
    const found =
      "numpy==1.26.3\nsix==1.16.0\ntorch==2.1.0+cpu\n--index-url https://evil.test\nevil @ file:///x\n./y\n";
    await run.logText(found, "environment/python-packages.txt");
    second.upsertPackageRequirements({ npm: { "@a/b": "1.1.0" }, python: { python: "3.11", "scikit-learn": "1.5.0" } });
    await second.stop();
    const target = await temporaryDirectory();
    const { asked, spawn } = fakePython(() => 0);
    await using tracker = at.open({ spawn });
    const { install, problems } = await recreateEnvironment(id, target, { tracker, manager: "npm" });
    expect(await text(target, "requirements.txt")).toBe("numpy==1.26.4\nscikit-learn==1.5.0\n");
    expect(await text(target, "environment.yml")).toBe(
      "channels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - numpy==1.26.4\n      - scikit-learn==1.5.0\nname: walk-7\n",
    );
    expect(await text(target, ".python-version")).toBe("3.11\n");
    // What those need themselves, as it was.
    expect(await text(target, "constraints.txt")).toBe("six==1.16.0\ntorch==2.1.0+cpu\n");
    expect(asked).toEqual([
      "python3 -I -m venv .venv",
      ".venv/Scripts/python.exe -I -c import platform; print(platform.python_version())",
      ".venv/Scripts/python.exe -I -m pip install --disable-pip-version-check --no-input --only-binary :all: -r ../requirements.txt -c ../constraints.txt",
    ]);
    // The lock file does not know what was added.
    expect(install).toBe("npm install");
    expect(JSON.parse(await text(target, "package.json")).dependencies).toEqual({
      ky: "2.1.0",
      local: "file:./local",
      "@a/b": "1.1.0",
    });
    expect(problems).toEqual([
      "npm install takes the place of npm ci as the recording asked for @a/b, ky, and package-lock.json has it otherwise: packages of packages may differ.",
      "The recording asks for Python 3.11, and the virtual environment has 3.12.1.",
    ]);
  });

  test("leaves the virtual environment to a person where there is no Python, or pip fails", async () => {
    const { id } = await at.record(runtimeOf("/nowhere/train.mjs", { files: undefined }), {}, (recorder) => {
      recorder.upsertPackageRequirements({ python: { numpy: "1.26.4" } });
    });
    const problemsOf = async (answers: (command: string) => number | undefined): Promise<readonly string[]> => {
      await using tracker = at.open({ spawn: fakePython(answers).spawn });
      return (await recreateEnvironment(id, await temporaryDirectory(), { tracker })).problems;
    };
    const cure = "python3 -I -m venv .venv && .venv/bin/python -I -m pip install -r requirements.txt";
    expect(await problemsOf(() => undefined)).toEqual([
      `The virtual environment was not made as there is no python3: ${cure}`,
    ]);
    expect(await problemsOf((command) => (command.includes("pip") ? 1 : 0))).toEqual([
      `The Python packages were not installed as it says "no such package": .venv/Scripts/python.exe -I -m pip install -r requirements.txt`,
    ]);
  });

  test("runs no pip on its own for what may be code of the recording", async () => {
    const directory = await temporaryDirectory();
    await write(directory, {
      "package.json": manifest,
      "package-lock.json": lock,
      "train.py": "1",
      "requirements.txt": "./evil\n",
    });
    const command = ["/usr/bin/python3.12", join(directory, "train.py"), "--lr=1"];
    const runtime = runtimeOf(join(directory, "train.py"), { facts: { command } });
    const made = async (id: string, options: { python?: string; repository?: string } = {}) => {
      const { asked, spawn } = fakePython(() => 0);
      await using tracker = at.open({ spawn });
      const target = await temporaryDirectory();
      return { asked, ...(await recreateEnvironment(id, target, { tracker, ...options })) };
    };
    const { id } = await at.record(runtime);
    const { asked, problems, run } = await made(id);
    expect(asked).toEqual([
      "python3 -I -m venv .venv",
      ".venv/Scripts/python.exe -I -c import platform; print(platform.python_version())",
    ]);
    expect(problems).toEqual([
      'The Python packages were not installed as requirements.txt may name code of the recording: look at it, then .venv/Scripts/python.exe -I -m pip install -r requirements.txt, or give { python: "python3" }',
    ]);
    expect(run).toBe(".venv/Scripts/python.exe train.py --lr=1");
    // Who names a Python trusts it.
    const trusted = await made(id, { python: "py" });
    expect([trusted.asked[0], trusted.asked[2], trusted.problems]).toEqual([
      "py -I -m venv .venv",
      ".venv/Scripts/python.exe -I -m pip install --disable-pip-version-check --no-input -r requirements.txt",
      [],
    ]);
    await using tracker = at.open();
    for (const line of ["evil @ file:///tmp/evil", "evil.zip", "evil-1.0-py3-none-any.whl", "a==${HOME}"]) {
      const run = await hostile(tracker, {}, { "mlflow.tracklet.package.python.evil": line });
      expect((await made(run)).asked.filter((command) => command.includes("pip"))).toEqual([]);
    }
  });

  test("runs no code that stands beside the requirements, nor a .venv that is there", async () => {
    const directory = await temporaryDirectory();
    const evil = "open('ran', 'w').write('x')\n";
    const names = ["venv", "ensurepip", "platform", "runpy", "os", "encodings", "sitecustomize"];
    await write(directory, {
      ...Object.fromEntries(names.map((name) => [`${name}.py`, evil])),
      "package.json": manifest,
      "package-lock.json": lock,
      "requirements.txt": "",
      "train.py": "1",
    });
    const { id } = await at.record(runtimeOf(join(directory, "train.py")));
    const target = await temporaryDirectory();
    const real = await spawnOf(defaultRuntime());
    const asReal: Spawn = async (command, args, options) => {
      // Without pip it takes no seconds.
      return real?.(command, args.includes("venv") ? [...args, "--without-pip"] : args, options);
    };
    await using tracker = at.open({ spawn: asReal });
    await recreateEnvironment(id, target, { tracker });
    expect(await readdir(target)).not.toContain("ran");
    expect(await readdir(target)).toContain("venv.py");

    await write(directory, { ".venv/bin/python": "#!/bin/sh\ntouch ran\n" });
    const commit = await repository(directory, {});
    const brought = await hostile(tracker, { git: { commit, diff: false } });
    const { asked, spawn } = fakePython(() => 0);
    await using other = at.open({
      spawn: async (command, ...rest) => (command === "git" ? real?.(command, ...rest) : spawn(command, ...rest)),
    });
    const again = join(await temporaryDirectory(), "in");
    const { problems } = await recreateEnvironment(brought, again, { tracker: other, repository: directory });
    expect(asked).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^.venv came with the recording, and was not used: /)]);
  });

  test("throws for what is no package, and before there is a recording", async () => {
    const recorder = createRecorder({ tracker: () => at.open(), name: "walk", environment: false });
    expect(() => recorder.upsertPackageRequirements({})).toThrow("await recorder.register() first");
    await recorder.register();
    const upsert = (given: unknown) => () => recorder.upsertPackageRequirements(given as object);
    expect(upsert({ npm: { "../x": "1" } })).toThrow("be the name of an npm package");
    expect(upsert({ npm: { "-g": "1" } })).toThrow("be the name of an npm package");
    expect(upsert({ npm: JSON.parse('{"__proto__":"1"}') })).toThrow("be the name of an npm package");
    expect(upsert({ npm: { ky: 2 } })).toThrow('have a version such as "4.22.0"');
    expect(upsert({ npm: { ky: "1; rm -rf" } })).toThrow('current value is "1; rm -rf"');
    expect(upsert({ python: ["--index-url https://evil.test"] })).toThrow('be a line such as "numpy==1.26.4"');
    expect(upsert({ python: ["-r other.txt"] })).toThrow('be a line such as "numpy==1.26.4"');
    expect(upsert({ pip: [] })).toThrow('current value has "pip"');
    expect(upsert({ npm: ["ky"] })).toThrow("npm is a list");
    expect(upsert({ npm: null })).toThrow("npm is null");
    expect(upsert({ python: "numpy==1" })).toThrow('python is "numpy==1"');
    expect(upsert("numpy")).toThrow('current value is "numpy"');
    expect(upsert({ python: { numpy: "1; import os" } })).toThrow(
      'have a version such as "1.26.4", and conditions only in lines: current value is "1; import os"',
    );
    expect(upsert({ python: { numpy: "1 --hash x" } })).toThrow("have a version such as");
    expect(upsert({ python: ["numpy==1; import os"] })).toThrow('be a line such as "numpy==1.26.4"');
    const markers = ["numpy>=1,<2; python_version < '3.12'", "a @ https://x.test/a.whl", 'b[c]~=1 ; (extra == "x")'];
    const python = { torch: ">=2.1, <3", x: "==1.*", y: "*", z: "1!2.0+cpu.1" };
    expect(() => [upsert({ python: markers })(), upsert({ python })()]).not.toThrow();
    await recorder.stop();
  });
});
