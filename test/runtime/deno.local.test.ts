import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";

interface DenoCommands {
  Command: new (
    path: string,
    options: { args: string[]; env?: Record<string, string> },
  ) => { output(): Promise<{ stdout: Uint8Array; stderr: Uint8Array }> };
}

/** Not by `node:child_process`: Deno's hands all permissions of the parent on. */
async function found(...permissions: string[]): Promise<unknown> {
  const { Command } = (globalThis as unknown as { Deno: DenoCommands }).Deno;
  const file = fileURLToPath(new URL("./programs/permissions.ts", import.meta.url));
  const args = ["run", "--no-prompt", "--no-check", "--quiet", ...permissions, file];
  const { stdout, stderr } = await new Command(process.execPath, {
    args,
    env: { USER: "someone", LOGNAME: "" },
  }).output();
  expect(new TextDecoder().decode(stderr)).toBe("");
  return JSON.parse(new TextDecoder().decode(stdout));
}

const inDeno = detectRuntime() === "deno";

describe("defaultRuntime() in Deno", () => {
  test.skipIf(!inDeno)("asks for no permission and does without (only Deno has permissions)", async () => {
    expect(await found()).toMatchObject({
      variable: null,
      readable: false,
      user: null,
      text: null,
      runtime: "deno",
      width: 80,
    });
  });

  test.skipIf(!inDeno)("uses the permissions that were given (only Deno has permissions)", async () => {
    expect(await found("--allow-env=PATH,USER", "--allow-read")).toMatchObject({
      variable: process.env["PATH"],
      readable: true,
      user: "someone",
      text: expect.stringContaining("permission"),
    });
  });
});
