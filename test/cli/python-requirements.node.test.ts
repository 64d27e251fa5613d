import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandRuntime } from "../../src/cli/command-runtime.ts";
import { pythonRequirements } from "../../src/cli/python-requirements.ts";
import { openTracker } from "../../src/open/local.ts";
import { startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();

/** A folder with these files; those that begin with `#!` can be run. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
    if (text.startsWith("#!")) await chmod(join(folder, name), 0o755);
  }
  return folder;
}

/** A Python that finds these packages, and runs what is no question of ours. */
const pythonOf = (packages: readonly unknown[]): string => `#!/bin/sh
if [ "$1" = "-c" ]; then cat <<'END'
3.12.1
${packages.map((one) => JSON.stringify(one)).join("\n")}
END
else echo "trained $1"; fi
`;

test("pythonRequirements() keeps what requirement files name, in whatever form", async () => {
  const folder = await folderOf({
    "requirements-dev.txt": "# numpy\nScikit_Learn[extra]>=1.4 ; python_version > '3.8'\n-r other.txt\n",
    "pyproject.toml":
      '[project]\ndependencies = ["pandas>=2", \'PyYAML\']\n[tool.poetry.dependencies]\ntorch = "^2.1"\n',
    "environment.yml": "dependencies:\n  - python=3.12\n  - scipy=1.11\n  - pip:\n      - ruamel.yaml==0.18\n",
    "notes.txt": "flask\n",
  });
  const found = ["numpy", "scikit-learn", "pandas", "pyyaml", "torch", "scipy", "ruamel-yaml", "flask", "pip"];
  const packages = found.map((name) => ({ name, version: "1.0", own: false }));
  expect(await pythonRequirements(folder, packages)).toEqual(
    ["pandas", "pyyaml", "ruamel-yaml", "scikit-learn", "scipy", "torch"].map((name) => `${name}==1.0`),
  );
  expect(await pythonRequirements(join(folder, "none"), packages)).toEqual([]);
});

test("pythonRequirements() keeps what lies in a virtual environment, but for its pip", async () => {
  const packages = [
    { name: "numpy", version: "1.26.4", own: true },
    { name: "pip", version: "24.0", own: true },
    { name: "flask", version: "3.0", own: false },
  ];
  expect(await pythonRequirements(await temporaryDirectory(), packages)).toEqual(["numpy==1.26.4"]);
});

test("commandRuntime() passes over what Python says that is no package", async () => {
  const folder = await folderOf({
    python3: pythonOf([["a", "1", true], ["b c", "1"], ["d", "1 2"], ["e"], 7, ["f", "2"]]),
  });
  expect(await commandRuntime([join(folder, "python3")])).toEqual({
    runtime: { name: "python", version: "3.12.1" },
    python: [
      { name: "a", version: "1", own: true },
      { name: "f", version: "2", own: false },
    ],
  });
});

test("tracklet record tags the Python packages of the project, and keeps a list of all that were there", async () => {
  const others = Array.from({ length: 90 }, (_, n) => [`other-${n}`, "1.0", false]);
  const cwd = await folderOf({
    python3: pythonOf([["numpy", "1.26.4", false], ...others]),
    "requirements.txt": "numpy>=1.20\n",
  });
  const main = new URL("../../src/cli/main.ts", import.meta.url);
  const end = await startProgram(main, ["record", "--", "./python3", "train.py"], { cwd }).end;
  expect([end.code, end.stdout]).toEqual([0, "trained train.py\n"]);
  await using tracker = await openTracker({ directory: cwd });
  const { rows } = await tracker.searchRuns({ allExperiments: true });
  const id = String(rows[0]?.run_id);
  const { data } = await tracker.getRun(id);
  const tags = Object.entries(data.tags).filter(([key]) => key.startsWith("mlflow.tracklet.package."));
  expect(tags.map(([, value]) => value).toSorted()).toEqual(["numpy==1.26.4", "python==3.12.1"]);
  const list = await (await tracker.openArtifact(id, "environment/python-packages.txt")).text();
  expect(list.trim().split("\n")).toHaveLength(91);
});
