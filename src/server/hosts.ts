/** This machine under its names. */
const local = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
/** Private addresses, whole: as patterns like MLflow's `10.*` they would let a name such as `10.evil.com` in. */
const privateAddress =
  /^(?:(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}|\[f[cd]00:[\da-f:]*\])(?::\d+)?$|^f[cd]00:[\da-f:]*$/i;
const byDefault: readonly RegExp[] = [
  ...[...local, ...local.map((host) => `${host}:*`)].map(toPattern),
  privateAddress,
];

/** Names below `.localhost` always mean this machine, so no page can rebind one; in-process servers are named so. */
const loopbackName = /^[a-z0-9.-]+\.localhost(?::\d+)?$/i;

/** True when a Host header is one that is served. A page that rebinds its DNS name to this machine has another one. */
export function isAllowedHost(host: string, allowed: readonly string[] | undefined): boolean {
  const patterns = allowed === undefined ? byDefault : allowed.map(toPattern);
  return (allowed === undefined && loopbackName.test(host)) || patterns.some((pattern) => pattern.test(host));
}

/** A text where `*` stands for any characters. */
export function toPattern(text: string): RegExp {
  return new RegExp(`^${text.split("*").map(escapeRegExp).join(".*")}$`, "s");
}

function escapeRegExp(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
