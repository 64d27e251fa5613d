import { ValidationError } from "../../errors/usage-errors.ts";
import { quote } from "../../tracker/key.ts";
import type { PackageRequirements } from "./types.ts";

/** A tag for each package, so that a later version takes the place of an earlier one, also offline and after a crash. */
const TAG = "mlflow.tracklet.package.";
/** Packages of one call. */
const MOST = 1000;

const npmName = /^(?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i;
/** Without spaces and what a shell or another file would take for its own. */
const npmVersion = /^[\w.^~<>=|*+:@/#-]{1,200}$/;
const pythonLine =
  /^([A-Za-z0-9][\w.-]*)(\[[\w.,\s-]*\])?\s*((?:[<>=!~]=?|===)[^;\n]*|@\s*\S+)?\s*(;[\s(]*(?:python_|os_name|sys_platform|platform_|implementation_|extra\b|["'])[^\n]*)?$/;
/** Versions as a map has them: one, bounds, or an address. */
const pythonVersion =
  /^(?:(?:[<>=!~]{1,3}\s*)?[\w.*+!-]{1,100}(?:\s*,\s*[<>=!~]{1,3}\s*[\w.*+!-]{1,100}){0,20}|@\s*[^\s;]{1,500})$/;

/** The tags that keep what a recording needs. @throws ValidationError for what is no package or no version */
export function requirementTags(given: PackageRequirements): Record<string, string> {
  const fault = faultOf(given);
  if (fault !== undefined) {
    throw new ValidationError(
      `Cannot use the package requirements as they must be { npm: { name: version }, python: { name: version } or lines }: current value ${fault}`,
    );
  }
  const { npm = {}, python = {} } = given;
  const lines = Array.isArray(python) ? python : Object.entries(python).map(([name, version]) => pinned(name, version));
  const tags = [
    ...Object.entries(npm).map(([name, version]) => npmTag(name, version)),
    ...lines
      .map((line) =>
        String(line)
          .replace(/(?:^|\s)#.*$/, "")
          .trim(),
      )
      .filter((line) => line !== "")
      .map(pythonTag),
  ];
  if (tags.length > MOST) {
    throw new ValidationError(`Cannot use ${tags.length} package requirements as there must be at most ${MOST}`);
  }
  return Object.fromEntries(tags);
}

/** The requirements in a run's tags; what is none, as anybody may write tags, is left out. */
export function readRequirements(tags: Readonly<Record<string, string>>): {
  npm: Record<string, string>;
  python: string[];
} {
  const npm: Record<string, string> = {};
  const python: string[] = [];
  for (const [key, value] of Object.entries(tags)) {
    if (key.startsWith(`${TAG}npm.`)) {
      const at = value.lastIndexOf("@", value.length - 1);
      const [name, version] = [value.slice(0, at), value.slice(at + 1)];
      if (at > 0 && npmName.test(name) && npmVersion.test(version)) npm[name] = version;
    } else if (key.startsWith(`${TAG}python.`) && pythonLine.test(value)) python.push(value);
  }
  return { npm, python: python.toSorted() };
}

function npmTag(name: string, version: string): [string, string] {
  if (!npmName.test(name) || name.length > 200) throw wrong(name, "be the name of an npm package", name);
  if (typeof version !== "string" || !npmVersion.test(version) || version.includes("@")) {
    throw wrong(name, 'have a version such as "4.22.0" or "^4.1.0"', version);
  }
  // MLflow takes no "@" in keys, and npm no ":" in names.
  return [`${TAG}npm.${name.replace("@", ":").replaceAll("~", "-")}`, `${name}@${version}`];
}

function pythonTag(line: string): [string, string] {
  const name = pythonLine.exec(line)?.[1];
  if (name === undefined || line.length > 1000) throw wrong(line, 'be a line such as "numpy==1.26.4"', line);
  return [`${TAG}python.${canonicalName(name)}`, line];
}

/** One spelling for the names of a Python package that mean the same (PEP 503). */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

function pinned(name: string, version: unknown): string {
  if (version === "" || version === "*") return name;
  if (typeof version !== "string" || !pythonVersion.test(version)) {
    throw wrong(name, 'have a version such as "1.26.4", and conditions only in lines', version);
  }
  return /^[<>=!~@]/.test(version) ? `${name}${version}` : `${name}==${version}`;
}

/** What is wrong with requirements as a whole. */
function faultOf(given: unknown): string | undefined {
  if (!isMap(given)) return `is ${shown(given)}`;
  const { npm = {}, python = {}, ...rest } = given;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `has ${quote(unknown)}`;
  if (!isMap(npm)) return `of npm is ${shown(npm)}`;
  return isMap(python) || Array.isArray(python) ? undefined : `of python is ${shown(python)}`;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (typeof value === "string") return quote(value);
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}

function wrong(what: string, must: string, value: unknown): ValidationError {
  return new ValidationError(
    `Cannot use the package requirement ${quote(String(what))} as it must ${must}: current value is ${shown(value)}`,
    { key: String(what) },
  );
}
