import type { RuntimeName } from "./runtime.ts";

/** The few globals that tell platforms apart. */
interface Host {
  readonly Deno?: { readonly version?: { readonly deno?: string } };
  readonly process?: { readonly versions?: { readonly node?: string; readonly bun?: string } };
  readonly navigator?: { readonly userAgent?: string };
  readonly document?: unknown;
  readonly WorkerGlobalScope?: unknown;
}

/**
 * Says which platform this is. workerd is asked first because its Node compatibility pretends to be Node; Deno and Bun
 * before Node for the same reason; Node before the browser because tests may set up a DOM there.
 */
export function detectRuntime(host: object = globalThis): RuntimeName {
  const { Deno, process, navigator, document, WorkerGlobalScope } = host as Host;
  if (navigator?.userAgent === "Cloudflare-Workers") return "workerd";
  if (Deno?.version?.deno !== undefined) return "deno";
  if (process?.versions?.bun !== undefined) return "bun";
  if (process?.versions?.node !== undefined) return "node";
  if (document !== undefined || WorkerGlobalScope !== undefined) return "browser";
  return "unknown";
}
