import { execFile } from "node:child_process";
import { appendFile, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { gitDirty, treeDirty } from "../../src/runtime/git-dirty.ts";
import { gitHead } from "../../src/runtime/git-head.ts";
import { localFiles } from "../../src/runtime/local-files.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const directory = temporaryDirectories();
const run = promisify(execFile);

/** A repository with two committed files, made by git itself. */
async function repository() {
  const root = await directory();
  const git = (...args: string[]): Promise<unknown> =>
    run("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], { cwd: root });
  await git("init", "-q", "-b", "work/one");
  await writeFile(join(root, "a.txt"), "one");
  await writeFile(join(root, "bü.txt"), "two");
  await git("add", ".");
  await git("commit", "-q", "-m", "first");
  return { root, git, dirty: () => treeDirty(localFiles, gitHead(localFiles, root)) };
}

describe("treeDirty()", () => {
  test("tells a clean tree from one with a change, a deletion or something staged", async () => {
    const { root, git, dirty } = await repository();
    expect(gitHead(localFiles, root)).toMatchObject({ branch: "work/one", commit: expect.stringMatching(/^\w{40}$/) });
    expect(await dirty()).toBe(false);
    await writeFile(join(root, "new.txt"), "untracked files do not count");
    expect(await dirty()).toBe(false);
    await appendFile(join(root, "a.txt"), "!");
    expect(await dirty()).toBe(true);
    await git("add", "a.txt");
    expect(await dirty()).toBe(true);
    await git("commit", "-q", "-m", "second");
    expect(await dirty()).toBe(false);
    await rm(join(root, "bü.txt"));
    expect(await dirty()).toBe(true);
  });

  test("tells a change of the same size by the time", async () => {
    const { root, dirty } = await repository();
    await writeFile(join(root, "a.txt"), "One");
    await utimes(join(root, "a.txt"), 1_700_000_000, 1_700_000_000);
    expect(await dirty()).toBe(true);
  });

  test("says nothing where there is no repository", async () => {
    expect(await treeDirty(localFiles, {})).toBeUndefined();
    expect(await treeDirty(localFiles, { root: "/none", home: "/none/.git" })).toBeUndefined();
  });
});

describe("gitDirty()", () => {
  test("says nothing of an index that is cut, damaged or of another version", async () => {
    const { root } = await repository();
    const index = new Uint8Array(await readFile(join(root, ".git", "index")));
    const nothing = async (): Promise<undefined> => undefined;
    for (const length of [0, 11, 12, 40, 80]) {
      expect(await gitDirty(index.slice(0, length), nothing)).toBeUndefined();
    }
    const other = index.slice();
    other[7] = 4;
    expect(await gitDirty(other, nothing)).toBeUndefined();
  });
});
