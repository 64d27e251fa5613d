import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkWritable } from "../../src/cli/queue-file.ts";
import { StorageError } from "../../src/errors/index.ts";
import { startProgram } from "../support/start-program.ts";
import { queueFiles, start, tracklet } from "./support/queue-files.ts";

const { temporaryDirectory, opened, server, leftBehind } = queueFiles();

test("checkWritable() says what cannot be written, and the cure, also where only the folder is read-only", () => {
  const readOnly = (only: string) => (path: string) => {
    if (path === only) throw new Error("EROFS: read-only file system");
  };
  for (const place of ["/mnt/queue.db", "/mnt"]) {
    const check = (): void => checkWritable("/mnt/queue.db", readOnly(place));
    expect(check).toThrow(StorageError);
    expect(check).toThrow(
      `Cannot send what waits in "/mnt/queue.db" as "${place}" must be writable, to note there what was sent: EROFS: read-only file system; make it writable, or copy the file with what lies beside it (-wal, -spool) and sync the copy`,
    );
  }
  expect(() => checkWritable("/mnt/queue.db", readOnly("/"))).not.toThrow();
});

describe("tracklet sync when not all can be sent", () => {
  test("says that the server does not answer", async () => {
    const target = await server(() => new Promise<Response>((resolve) => opened.push(() => resolve(new Response("")))));
    const path = await leftBehind(10, target.url);
    const end = await tracklet("sync", path, "--tracking-uri", target.url, "--timeout", "3");
    expect(end).toMatchObject({ code: 1, stderr: "" });
    expect(end.stdout).toMatch(
      new RegExp(`\n {2}Not all was sent after 3 s: ${target.url} has not answered for [\\d.]+ m?s\n$`),
    );
  });

  test("says that another process delivers the file", async () => {
    const path = join(await temporaryDirectory(), "queue.db");
    const trainer = startProgram(new URL("./programs/offline.ts", import.meta.url), [path]);
    await trainer.line("durable");
    try {
      const end = await tracklet("sync", path, "--tracking-uri", "http://127.0.0.1:9", "--timeout", "1.5");
      expect(end.code).toBe(1);
      expect(end.stdout).toMatch(/\n {2}Not all was sent after 1\.5 s: another process has it open and delivers it/);
      expect(end.stdout).toContain("let it go on, or end it first\n");
    } finally {
      trainer.kill("SIGKILL");
      await trainer.end;
    }
  });

  test("says once that the server fails", async () => {
    const target = await server(async () => new Response("<title>Oops</title>", { status: 500 }));
    const path = await leftBehind(10, target.url);
    // It is told after the third try, that is after 3 s at most.
    const end = await tracklet("sync", path, "--tracking-uri", target.url, "--timeout", "6");
    expect(end.code).toBe(1);
    expect(end.stderr.match(/Oops/g)).toHaveLength(1);
    expect(end.stdout).not.toContain("Oops");
    expect(end.stdout).toMatch(/\n {2}Not all was sent after 6 s: http:\S+ answered 500 to the last of \d+ tries, /);
  });

  test("names the variables of the credentials when the server asks who it is", async () => {
    const target = await server(async () => new Response("You are not authenticated", { status: 401 }));
    const path = await leftBehind(10, target.url);
    const args = ["sync", path, "--tracking-uri", target.url];
    // One after the other: of two at once one would wait for the other to deliver the file.
    const none = await start(args).end;
    const wrong = await start(args, { MLFLOW_TRACKING_TOKEN: "hunter22" }).end;
    expect(none.stdout).toContain(
      "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    );
    expect(wrong.stdout).toContain("does not take that of MLFLOW_TRACKING_TOKEN");
    expect(none.stdout + wrong.stdout).not.toContain("auth:");
  });

  test("says that what was quarantined was tried again when it is refused again", async () => {
    const target = await server(async (request, next) => {
      if (!(await request.clone().text()).includes('"lr"')) return next(request);
      return Response.json({ error_code: "INVALID_PARAMETER_VALUE", message: "no rates today" }, { status: 400 });
    });
    const path = await leftBehind(10, target.url);
    const args = ["sync", path, "--tracking-uri", target.url];
    expect((await tracklet(...args)).code).toBe(1);
    const again = await tracklet(...args, "--retry-quarantined");
    expect(again).toMatchObject({ code: 1, stderr: "" });
    expect(again.stdout).toMatch(
      new RegExp(
        `^Tried again what was quarantined: 1 item\nNothing waits in ${path}\nQuarantined in ${path}, .*\n.*no`,
      ),
    );
  });
});
