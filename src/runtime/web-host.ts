import type { Host, HostFacts } from "./ports/host.ts";

interface Navigator {
  readonly userAgent?: string;
  readonly hardwareConcurrency?: number;
  readonly deviceMemory?: number;
  readonly userAgentData?: { readonly platform?: string };
  readonly gpu?: { requestAdapter(): Promise<{ readonly info?: object } | null> };
}

/** What a GPU may say of itself, as WebGPU names it. */
const gpuFields = ["vendor", "architecture", "device", "description"] as const;

/** The host of pages, their workers and edge functions: what a browser tells. */
export const webHost: Host = {
  async facts() {
    const { navigator } = globalThis as { navigator?: Navigator };
    const { userAgent, hardwareConcurrency: cores, deviceMemory, userAgentData } = navigator ?? {};
    const gpu = await adapter(navigator);
    const facts: HostFacts = {
      ...(userAgentData?.platform && { os: { name: userAgentData.platform } }),
      ...(cores !== undefined && { cpu: { cores } }),
      ...(deviceMemory !== undefined && { memory: deviceMemory * 2 ** 30 }),
      ...(gpu !== undefined && { gpu }),
      ...(userAgent !== undefined && { userAgent }),
    };
    return facts;
  },
  variables: () => ({}),
};

/** A browser without a GPU has none, or fails to give it; some never answer. */
async function adapter(navigator: Navigator | undefined): Promise<Record<string, string> | undefined> {
  if (navigator?.gpu === undefined) return undefined;
  try {
    const asked = navigator.gpu.requestAdapter();
    const tooLong = new Promise<null>((resolve) => setTimeout(resolve, 3000, null));
    const info = (await Promise.race([asked, tooLong]))?.info as Record<string, unknown> | undefined;
    // They are fields of a prototype, which a spread would not see.
    const told = gpuFields.map((name) => [name, info?.[name]] as const);
    const said = told.filter((field): field is [(typeof gpuFields)[number], string] => !!field[1]);
    return said.length === 0 ? undefined : Object.fromEntries(said);
  } catch {
    return undefined;
  }
}
