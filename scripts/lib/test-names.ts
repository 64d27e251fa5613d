/** Where a test file runs, by the end of its name; neutral ones run on all five runtimes. */
export type TestKind = "neutral" | "local" | "node" | "browser" | "page" | "workerd";

/** Why the files of a kind are left out elsewhere. */
export const REASONS: Record<TestKind, string> = {
  neutral: "runs everywhere",
  local: "needs files, sockets or SQLite files: Node, Deno and Bun only",
  node: "tests what is for Node only, such as the scripts of this repository",
  browser: "needs a page: Chromium only",
  page: "drives Chromium from outside: run with those of Chromium",
  workerd: "needs a Durable Object or a bucket: workerd only",
};

/** Kind of a test file: `*.local.test.ts`, `*.node.test.ts`, `*.browser.test.ts`, `*.page.test.ts`, `*.workerd.test.ts`, else neutral. */
export function testKind(file: string): TestKind {
  const kind = /\.(local|node|browser|page|workerd)\.test\.ts$/.exec(file)?.[1];
  return (kind as TestKind | undefined) ?? "neutral";
}

/** Tests with a command of their own. */
export function hasOwnCommand(file: string): boolean {
  return file.startsWith("test/live/") || file.startsWith("test/package/");
}
