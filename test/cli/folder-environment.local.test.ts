import { expect, test } from "vitest";
import { folderEnvironment } from "../../src/cli/folder-environment.ts";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import { write } from "../recorder/environment/project.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();

test("folderEnvironment() has the commit of the working directory, or none, whatever script runs", async () => {
  const plain = await temporaryDirectory();
  const tree = await temporaryDirectory();
  const commit = "0123456789abcdef0123456789abcdef01234567";
  await write(tree, { ".git/HEAD": "ref: refs/heads/walk\n", ".git/refs/heads/walk": commit });
  const runtime = defaultRuntime();
  const of = (directory: string | undefined) => {
    const environment = { ...runtime.environment, directory: () => directory, entry: () => `${tree}/train.ts` };
    const { commit: at, branch, dirty } = folderEnvironment({ ...runtime, environment });
    return [at?.(), branch?.(), dirty];
  };
  expect(of(tree)).toEqual([commit, "walk", undefined]);
  expect(of(plain)).toEqual([undefined, undefined, undefined]);
  expect(of(undefined)).toEqual([undefined, undefined, undefined]);
});
