import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { version } from "../../src/internal/version.ts";
import { startProgram } from "../support/start-program.ts";

const tracklet = (...args: string[]): ReturnType<typeof startProgram>["end"] =>
  startProgram(new URL("../../src/cli/main.ts", import.meta.url), args).end;

describe("tracklet", () => {
  test("--version prints the version of package.json", async () => {
    const manifest: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(manifest).toMatchObject({ version });
    expect(await tracklet("--version")).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("--help names the commands", async () => {
    const end = await tracklet("--help");
    expect(end.code).toBe(0);
    expect(end.stdout).toContain("server [options]");
    expect(end.stdout).toContain("doctor [options] <file>");
  });

  test("server --help names the flags of mlflow server", async () => {
    const { stdout } = await tracklet("server", "--help");
    for (const flag of [
      "host",
      "port",
      "backend-store-uri",
      "artifacts-destination",
      "allowed-hosts",
      "cors-allowed-origins",
    ]) {
      expect(stdout).toContain(`--${flag} <`);
    }
  });

  test("record --help says what a line must be like, and what kill -9 costs", async () => {
    const help = (await tracklet("record", "--help")).stdout.replace(/\s+/g, " ");
    for (const said of [
      'no space beside "="',
      "steps are whole numbers",
      "inf is stored as the greatest number",
      "kill -9 does not: of what was recorded the last seconds may be lost, output.log and the exit code are",
    ]) {
      expect(help).toContain(said);
    }
  });

  test("an unknown command fails and names a near one", async () => {
    const end = await tracklet("serve");
    expect(end.code).toBe(2);
    expect(end.stderr).toContain("Did you mean server?");
  });
});
