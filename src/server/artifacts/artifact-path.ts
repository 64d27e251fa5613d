import { ArtifactError } from "./artifact-store.ts";

/**
 * The path that a client means. MLflow decodes percent escapes until none is left (so that `%252e%252e` is caught as
 * `..`), keeps escapes of control characters, takes doubled slashes as one, and refuses `..`, `#` and absolute paths.
 * Follows MLflow 3.17's `validate_path_is_safe`.
 * @returns segments joined by `/`; "" for the root. Undefined when the path is refused.
 */
export function artifactPath(text: string): string | undefined {
  const path = decodeFully(text.replace(control, percentEscape));
  if (path.startsWith("/") || path.includes("#")) return undefined;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//u.test(path)) return undefined;
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.some((segment) => segment === "." || segment === ".." || /(?:^|[\\])\.\.(?:[\\]|$)/u.test(segment)))
    return undefined;
  return segments.join("/");
}

const control: RegExp = /[\u0000-\u001f\u007f]/gu;

function percentEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** For backings: refuses what the routes never pass, so that a store is safe on its own too. */
export function checkedPath(path: string): string {
  const segments = path.split("/");
  const legal =
    path === "" || segments.every((one) => one !== "" && one !== "." && one !== ".." && !one.includes("\0"));
  if (legal) return path;
  throw new ArtifactError(
    "refused",
    `Cannot use "${path}" as an artifact path: it must be relative, without empty, "." or ".." segments`,
  );
}

const most = 10;

function decodeFully(text: string): string {
  let path = text;
  for (let turn = 0; turn < most; turn++) {
    const next = decodeOnce(path);
    if (next === path) return path;
    path = next;
  }
  return `${path}/..`; // nobody escapes that often in good faith
}

const bytes: TextEncoder = new TextEncoder();
const characters: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Python's `unquote`: bytes that are no UTF-8 become U+FFFD, and a `%` without two hex digits stays. */
function decodeOnce(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/gu, (escapes) => {
    const raw: number[] = [];
    for (let at = 0; at < escapes.length; at += 3) {
      const byte = Number.parseInt(escapes.slice(at + 1, at + 3), 16);
      if (byte < 0x20 || byte === 0x7f) raw.push(...bytes.encode(escapes.slice(at, at + 3)));
      else raw.push(byte);
    }
    return characters.decode(new Uint8Array(raw));
  });
}
