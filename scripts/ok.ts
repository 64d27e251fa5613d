/**
 * `npm run ok`: everything that must hold before a change is done. `npm run ok -- --only layers,types` runs a part,
 * `--skip test` leaves something out.
 */
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { allChecks, NEEDS_BUILD } from "./lib/checks.ts";
import { installPackage } from "./lib/install-package.ts";

const { values } = parseArgs({ options: { only: { type: "string" }, skip: { type: "string", default: "" } } });
const list = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === "string" ? [] : [target["tracklet-source"]],
);
const checks = allChecks(entries);
const names = checks.map((check) => check.name);
const only = values.only === undefined ? names : list(values.only);
const skip = list(values.skip);
const unknown = [...only, ...skip].filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`Cannot check "${unknown.join(", ")}": the checks are ${names.join(", ")}`);
  process.exit(2);
}

await installPackage("scripts", "formatter and checkers");
await installPackage("runtime-tests", "Deno, Bun, workerd and Chromium");

const wanted = new Set(only.filter((name) => !skip.includes(name)));
if ([...wanted].some((name) => NEEDS_BUILD.has(name))) wanted.add("build");
const failed: string[] = [];
for (const check of checks) {
  if (!wanted.has(check.name)) continue;
  if (NEEDS_BUILD.has(check.name) && failed.includes("build")) {
    console.log(`FAILED ${check.name.padEnd(9)}           not looked at, as there is no build`);
    failed.push(check.name);
    continue;
  }
  const began = performance.now();
  const { code, output } = await check.run();
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  const gist = code === 0 ? check.gist?.exec(output)?.[0] : undefined;
  console.log(
    `${code === 0 ? "ok    " : "FAILED"} ${check.name.padEnd(9)} ${seconds} s  ${check.about}${gist === undefined ? "" : `: ${gist}`}`,
  );
  if (code !== 0) {
    failed.push(check.name);
    console.log(shorten(output.trimEnd()).replace(/^/gm, "       | "));
  }
}
console.log(
  failed.length === 0
    ? `all ${wanted.size} checks hold`
    : `${failed.length} of ${wanted.size} checks failed: ${failed.join(", ")}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The beginning, which has the first mistake, and the end, which has the sum. */
function shorten(output: string): string {
  const lines = output.split("\n");
  if (lines.length <= 120) return output;
  return [...lines.slice(0, 80), `... ${lines.length - 110} lines ...`, ...lines.slice(-30)].join("\n");
}
