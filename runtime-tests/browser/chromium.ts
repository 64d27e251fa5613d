import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.ts";

/** A Chromium that starts on this machine. */
export interface Chromium {
  readonly executablePath: string;
  /** Variables that it needs beside those of this process. */
  readonly env: Record<string, string>;
}

const home = join(root, "runtime-tests", "node_modules", ".chromium");

/**
 * The Chromium to test in: the one named by `TRACKLET_CHROMIUM`, on Linux x64 the one from npm, which needs no system
 * package (its own libraries are used where the machine lacks them), elsewhere the one that Playwright installs.
 */
export async function findChromium(): Promise<Chromium> {
  const own = process.env["TRACKLET_CHROMIUM"];
  if (own !== undefined && own !== "") return { executablePath: own, env: {} };
  return process.platform === "linux" && process.arch === "x64" ? fromNpm() : fromPlaywright();
}

async function fromNpm(): Promise<Chromium> {
  if (!existsSync(join(home, "chromium"))) await unpack();
  const executablePath = join(home, "chromium");
  const plain = { FONTCONFIG_PATH: join(home, "fonts") };
  const bundled = { ...plain, LD_LIBRARY_PATH: libraryPath() };
  for (const env of [plain, bundled]) if (starts(executablePath, env)) return { executablePath, env };
  throw new Error(
    `Cannot start Chromium as a system library is missing: install libnss3 and libexpat1, or set TRACKLET_CHROMIUM to a browser of your own: current value is "${executablePath}"`,
  );
}

/** Unpacks into a folder of its own and renames it at the end, so that a run that was cut off leaves no half browser. */
async function unpack(): Promise<void> {
  const { default: chromium, inflate } = await import("@sparticuz/chromium");
  const fresh = `${home}.${process.pid}`;
  const before = process.env["TMPDIR"];
  mkdirSync(fresh, { recursive: true });
  try {
    // The package unpacks into the temporary folder, whichever that is at the call.
    process.env["TMPDIR"] = fresh;
    await chromium.executablePath();
    await inflate(join(root, "runtime-tests", "node_modules", "@sparticuz", "chromium", "bin", "al2023.tar.br"));
    writeFileSync(join(fresh, "fonts", "fonts.conf"), fontsConfig());
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(fresh, { recursive: true, force: true });
  }
}

function fontsConfig(): string {
  const lines = [`<dir>${join(home, "fonts")}</dir>`, `<cachedir>${join(home, "fonts-cache")}</cachedir>`];
  return `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n  ${lines.join("\n  ")}\n</fontconfig>\n`;
}

function libraryPath(): string {
  const before = process.env["LD_LIBRARY_PATH"];
  const bundled = join(home, "al2023", "lib");
  return before === undefined || before === "" ? bundled : `${bundled}:${before}`;
}

function starts(executablePath: string, env: Record<string, string>): boolean {
  try {
    execFileSync(executablePath, ["--version"], { env: { ...process.env, ...env }, stdio: "ignore", timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

async function fromPlaywright(): Promise<Chromium> {
  const { chromium } = await import("playwright");
  if (!existsSync(chromium.executablePath())) {
    console.log("installing Chromium with Playwright ...");
    const cli = join(root, "runtime-tests", "node_modules", "playwright", "cli.js");
    execFileSync(process.execPath, [cli, "install", "chromium", "--only-shell"], { stdio: "inherit" });
  }
  return { executablePath: chromium.executablePath(), env: {} };
}
