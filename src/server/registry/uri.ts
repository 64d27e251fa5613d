/** The parts of a URI that decide where it leads. */
export interface Uri {
  /** In lower case; empty for a path. */
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/** Cuts a URI as Python's `urlparse` does: whatever has no scheme is a path. */
export function uriOf(text: string): Uri {
  const [, scheme = "", rest = ""] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  const [, authority = "", path = ""] = /^(?:\/\/([^/?#]*))?([^?#]*)/s.exec(rest) ?? [];
  return { scheme: scheme.toLowerCase(), authority, path };
}

/** More levels of percent-encoding than anybody writes: each one costs a pass. */
const mostLevels = 10;

/** Decodes percent-encoding until nothing is left of it; undefined when it never seems to end. */
export function decodeFully(text: string): string | undefined {
  let value = text;
  for (let level = 0; level < mostLevels; level++) {
    const decoded = value.replace(/(?:%[0-9a-f]{2})+/gi, decodeRun);
    if (decoded === value) return value;
    value = decoded;
  }
  return undefined;
}

function decodeRun(run: string): string {
  return new TextDecoder().decode(Uint8Array.from(run.slice(1).split("%"), (digits) => Number.parseInt(digits, 16)));
}

/** True when `uri` names what lies in `root` or is `root`, whatever of it is percent-encoded. */
export function isWithin(uri: string, root: string): boolean {
  const inner = partsOf(uri);
  const outer = partsOf(root);
  return outer.length > 2 && outer.every((part, index) => part !== undefined && part === inner[index]);
}

/** Scheme, authority and the segments of the path. */
function partsOf(uri: string): readonly (string | undefined)[] {
  const { scheme, authority, path } = uriOf(uri);
  const segments = path.split("/").filter((segment) => segment !== "");
  return [scheme, authority.toLowerCase(), ...segments.map(decodeFully)];
}
