import { describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { startProgram } from "../support/start-program.ts";

const program = new URL("./programs/permissions.ts", import.meta.url);
const inDeno = detectRuntime() === "deno";

describe("defaultRuntime() in Deno", () => {
  test.skipIf(!inDeno)("asks for no permission and does without (only Deno has permissions)", async () => {
    const end = await startProgram(program, [], { flags: ["run", "--no-prompt", "--no-check", "--quiet"] }).end;
    expect(end.stderr).toBe("");
    const found: unknown = JSON.parse(end.stdout);
    expect(found).toMatchObject({ variable: null, user: null, text: null, runtime: "deno", width: 80 });
  });

  test.skipIf(!inDeno)("uses the permissions that were given (only Deno has permissions)", async () => {
    const flags = ["run", "--no-prompt", "--no-check", "--quiet", "--allow-env=PATH,USER", "--allow-read"];
    const end = await startProgram(program, [], { flags, env: { USER: "someone" } }).end;
    const found = JSON.parse(end.stdout) as { variable: string | null; user: string; text: string };
    expect(found.variable).toBe(process.env["PATH"]);
    expect(found.user).toBe("someone");
    expect(found.text).toContain("permissions");
  });
});
