import { ConfigurationError } from "../errors/usage-errors.ts";

/**
 * SHA-256 as 64 hex digits.
 *
 * @param what What cannot be done without it, for the message.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>, what: string): Promise<string> {
  // Pages without https lack it.
  if (globalThis.crypto?.subtle === undefined)
    throw new ConfigurationError(
      `Cannot ${what} as crypto.subtle must be there: serve the page by https or from localhost`,
    );
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
