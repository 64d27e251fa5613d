import { describe, expect, test } from "vitest";
import { gitHead } from "../../src/runtime/git-head.ts";
import { memoryFiles } from "../tracker/memory-files.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const other = "f".repeat(40);

describe("gitHead()", () => {
  test.each([
    ["a loose ref", { "/repo/.git/HEAD": "ref: refs/heads/main\n", "/repo/.git/refs/heads/main": `${commit}\n` }],
    ["a detached head", { "/repo/.git/HEAD": `${commit}\n` }],
    [
      "a packed ref",
      {
        "/repo/.git/HEAD": "ref: refs/heads/a/b\n",
        "/repo/.git/packed-refs": `# pack-refs with: peeled\n${other} refs/heads/x/refs/heads/a/b\n${commit} refs/heads/a/b\n^${other}\n`,
      },
    ],
    [
      "a worktree",
      {
        "/repo/.git": "gitdir: /main/.git/worktrees/tree\n",
        "/main/.git/worktrees/tree/HEAD": "ref: refs/heads/side\n",
        "/main/.git/worktrees/tree/commondir": "../..\n",
        "/main/.git/refs/heads/side": commit,
      },
    ],
    [
      "a submodule",
      { "/repo/.git": "gitdir: ../.git/modules/sub\n", "/.git/modules/sub/HEAD": commit, "/.git/HEAD": other },
    ],
  ])("reads %s from a folder below", (_, files) => {
    expect(gitHead(memoryFiles(files), "/repo/src/deep").commit).toBe(commit);
  });

  test.each([
    ["there is no repository", {}],
    ["the branch has no commit yet", { "/repo/.git/HEAD": "ref: refs/heads/main" }],
    ["the head is not a hash", { "/repo/.git/HEAD": "nonsense" }],
    ["the ref is a path out of it", { "/repo/.git/HEAD": "ref: ../../etc/passwd", "/etc/passwd": "root:x:0:0" }],
  ])("is undefined when %s", (_, files) => {
    expect(gitHead(memoryFiles(files as Record<string, string>), "/repo/src").commit).toBeUndefined();
  });
});
