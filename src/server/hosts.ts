const local = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
const privateRanges = [
  "192.168.*",
  "10.*",
  ...Array.from({ length: 16 }, (_, index) => `172.${16 + index}.*`),
  "fc00:*",
  "fd00:*",
];
/** What MLflow serves by itself: this machine under its names, and private addresses, told by their text. */
const byDefault: readonly RegExp[] = [...local, ...local.map((host) => `${host}:*`), ...privateRanges].map(toPattern);

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
