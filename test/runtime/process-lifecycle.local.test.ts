import { describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { type Program, startProgram } from "../support/start-program.ts";

const start = (how: string): Program => startProgram(new URL("./programs/end.ts", import.meta.url), [how]);

describe("Lifecycle.onEnd()", () => {
  test("is told of a normal end, which waits for the promise", async () => {
    expect(await start("normal").end).toMatchObject({ code: 0, stdout: "told exit \nfinished\n", stderr: "" });
  });

  test("is told at once and finally when the program exits by itself", async () => {
    expect(await start("exit").end).toMatchObject({ code: 0, stdout: "told exit  final\n" });
  });

  test("is told of an error when the exit code is not 0", async () => {
    const end = await start("exit 3").end;
    expect(end.code).toBe(3);
    expect(end.stdout).toBe("told error The process ended with exit code 3 final\n");
  });

  test.each(["throw", "reject"])(
    "is told of an uncaught error (%s), which is printed and ends with exit code 1",
    async (how) => {
      const end = await start(how).end;
      expect(end.stdout).toBe("told error out of luck\nfinished\n");
      expect(end.code).toBe(1);
      expect(end.stderr).toContain("out of luck");
      expect(end.stderr).toContain("end.ts");
    },
  );

  test("takes no error that the program handles for the end", async () => {
    const end = await start("handled").end;
    expect(end.stdout).toBe("handled by the program\ntold exit \nfinished\n");
    expect(end.code).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "is told of %s, which then ends the process as it would have",
    async (signal) => {
      const program = start("signal");
      await program.line("ready");
      program.kill(signal);
      const end = await program.end;
      expect(end.stdout).toBe(`ready\ntold signal ${signal}\nfinished\n`);
      expect(end.signal).toBe(signal);
    },
  );

  test("is not told of a SIGHUP that the process was started to ignore, as by nohup, where the runtime keeps to that", async () => {
    const through = ["sh", "-c", `trap "" HUP; exec "$@"`, "sh"];
    const program = startProgram(new URL("./programs/end.ts", import.meta.url), ["signal"], { through });
    await program.line("ready");
    program.kill("SIGHUP");
    if (detectRuntime() === "bun") program.kill("SIGTERM");
    const { stdout, signal } = await program.end;
    // Node undoes it at its start; Deno ends by itself, and may have undone it before the program begins to listen.
    const told = { node: /^ready\ntold signal SIGHUP\nfinished\n$/, bun: /^ready\ntold signal SIGTERM\nfinished\n$/ };
    expect(stdout).toMatch(told[detectRuntime() as "node" | "bun"] ?? /^ready\n(told signal SIGHUP\nfinished\n)?$/);
    expect(signal).toBe(detectRuntime() === "bun" ? "SIGTERM" : "SIGHUP");
  });

  test("is told of the signal when the program ends itself because of it", async () => {
    const program = start("own signal");
    await program.line("ready");
    program.kill("SIGTERM");
    const end = await program.end;
    expect(end.stdout).toBe("ready\nown end\ntold signal SIGTERM final\n");
    expect(end.code).toBe(7);
  });

  test.each(["once before", "once after"])(
    "leaves a signal to the program that handles it once (%s the subscription)",
    async (how) => {
      const program = start(how);
      await program.line("ready");
      program.kill("SIGINT");
      const end = await program.end;
      expect(end.stdout).toBe("ready\nown end\ntold signal SIGINT final\n");
      expect(end.code).toBe(7);
    },
  );

  test("leaves an error to the program that handles one once", async () => {
    const end = await start("handled once").end;
    expect(end).toMatchObject({ code: 0, stdout: "handled by the program\ntold exit \nfinished\n" });
  });

  test("does not take a listener for rejections for one that handles what is thrown", async () => {
    const end = await start("throw with rejections handled").end;
    expect(end.stdout).toBe("told error out of luck\nfinished\n");
    expect(end.code).toBe(1);
  });

  test("does not hold up a second signal", async () => {
    const program = start("stuck");
    await program.line("ready");
    program.kill("SIGINT");
    await program.line("told signal SIGINT");
    program.kill("SIGINT");
    const end = await program.end;
    expect(end.signal).toBe("SIGINT");
    expect(end.stdout).toContain("told signal SIGINT final\n");
  });

  test("is told finally of a signal that ends the wait of a normal end", async () => {
    const program = start("stuck at the normal end");
    await program.line("told exit ");
    program.kill("SIGINT");
    const end = await program.end;
    expect(end.signal).toBe("SIGINT");
    expect(end.stdout).toBe("told exit \ntold signal SIGINT final\n");
  });

  test("is not told of anything after it has stopped, and leaves nothing behind", async () => {
    expect(await start("stopped").end).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

describe("two copies of the library in one process", () => {
  const start = (how: string): Program => startProgram(new URL("./programs/copies.ts", import.meta.url), [how]);
  const inOrder = (stdout: string): string[] => stdout.trimEnd().split("\n").sort();

  test("are both told of an uncaught error, which is printed once and ends the process", async () => {
    const end = await start("throw").end;
    expect(inOrder(end.stdout)).toEqual([
      "first finished",
      "first told error",
      "ready",
      "second finished",
      "second told error",
    ]);
    expect(end.code).toBe(1);
    expect(end.stderr.split("Error: out of luck")).toHaveLength(2);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("are both told of %s, which ends the process", async (signal) => {
    const program = start("signal");
    await program.line("ready");
    program.kill(signal);
    const end = await program.end;
    expect(inOrder(end.stdout)).toEqual([
      "first finished",
      "first told signal",
      "ready",
      "second finished",
      "second told signal",
    ]);
    expect(end.signal).toBe(signal);
  });
});
