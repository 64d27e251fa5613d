import { bunVersion } from "./bun/check.ts";
import { chromiumVersion } from "./browser/check.ts";
import { denoVersion } from "./deno/check.ts";
import { nodeVersion } from "./node/check.ts";
import type { RuntimeId } from "./report.ts";
import { workerdVersion } from "./workerd/check.ts";

const CHECKS: Record<RuntimeId, () => string | undefined> = {
  node: nodeVersion,
  deno: denoVersion,
  bun: bunVersion,
  chromium: chromiumVersion,
  workerd: workerdVersion,
};

/**
 * Name and version of the runtime that this code runs in. Throws when it is not the claimed one: a suite that was
 * started with `deno` but whose workers are Node processes would prove nothing about Deno.
 */
export function proveRuntime(claimed: string): string {
  const facts = Object.entries(CHECKS).map(([name, check]) => [name, check()] as const);
  const proved = facts.filter(([, version]) => version !== undefined).map(([name]) => name);
  const version = facts.find(([name]) => name === claimed)?.[1];
  if (version === undefined || proved.length !== 1) {
    throw new Error(`Cannot run as "${claimed}" as these tests run in ${proved.join(" and ") || "an unknown runtime"}`);
  }
  return `${claimed} ${version}`;
}
