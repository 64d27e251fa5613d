/** `npm run build`: JavaScript by tsup, declarations by tsc, a command that starts. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { root } from "./lib/root.ts";
import { runCommand } from "./lib/run-command.ts";

/** Builds `dist` anew. Throws with the tool's output when a step fails. */
export async function build(): Promise<void> {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await step("tsup", ["--silent"]);
  await step("tsc", ["-p", "tsconfig.build.json"]);
  for (const file of Object.values(manifest.bin)) makeCommand(join(root, file));
  checkComplete();
}

async function step(tool: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(join(root, "node_modules", ".bin", tool), args);
  if (code !== 0) throw new Error(`Cannot build as ${tool} failed:\n${output}`);
}

function makeCommand(file: string): void {
  const source = readFileSync(file, "utf8");
  if (!source.startsWith("#!")) writeFileSync(file, `#!/usr/bin/env node\n${source}`);
  chmodSync(file, 0o755);
}

function checkComplete(): void {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string"
      ? [target]
      : Object.values(target).flatMap((one) => (typeof one === "string" ? [one] : Object.values(one))),
  );
  const missing = [...targets, ...Object.values(manifest.bin)].filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`Cannot publish as the build did not make ${missing.join(", ")}`);
}

if (import.meta.main) {
  const began = performance.now();
  await build();
  console.log(`built dist in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
