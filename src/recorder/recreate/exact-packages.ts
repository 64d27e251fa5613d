import type { RecordedParts } from "./read-recording.ts";
import { type Manager, managers } from "./managers.ts";
import type { TargetFolder } from "./target-folder.ts";
import type { RecreateOptions } from "./types.ts";

/** Fields of package.json that name packages. */
const fields = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** What installs the packages of a project, exactly as they were where that is known. */
export async function exactPackages(
  folder: TargetFolder,
  { environment, requirements }: RecordedParts,
  name: NonNullable<RecreateOptions["manager"]>,
  problems: string[],
): Promise<string | undefined> {
  const manager = managers[name];
  const { project, packages } = environment;
  const at = (file: string): string => (project === "" ? file : `${project}/${file}`);
  const text = await folder.read(at("package.json"));
  const manifest = readManifest(text);
  const wanted = Object.entries(requirements.npm);
  if (manifest === undefined && text !== undefined)
    problems.push("package.json is no JSON: nothing was changed in it.");
  const hasDeno = name === "deno" && ((await folder.has(at("deno.json"))) || (await folder.has(at("deno.jsonc"))));
  if (manifest === undefined && wanted.length === 0 && !hasDeno) return undefined;
  const plain = manifest ?? { private: true, type: "module" };
  const lock = await lockOf(folder, project, manager);
  const changed = [
    ...(lock === undefined ? pin(plain, packages) : []),
    ...(wanted.length > 0 ? add(plain, requirements.npm, packages) : []),
  ];
  if (changed.length > 0) await folder.write(at("package.json"), `${JSON.stringify(plain, null, 2)}\n`);
  if (lock === undefined) {
    problems.push(
      `No lock file of ${name} was recorded: the versions in package.json are those that were installed, packages of packages may differ.`,
    );
    return manager.loose;
  }
  if (changed.length === 0) return manager.locked[lock];
  const loose =
    manager.loose === manager.locked[lock]
      ? `${lock} is not followed in all`
      : `${manager.loose} takes the place of ${manager.locked[lock]}`;
  problems.push(
    `${loose} as the recording asked for ${changed.join(", ")}, and ${lock} has it otherwise: packages of packages may differ.`,
  );
  return manager.loose;
}

/** A lock file stands beside package.json, or at the root of a workspace. */
async function lockOf(folder: TargetFolder, project: string, manager: Manager): Promise<string | undefined> {
  for (let at = project; ; at = at.replace(/\/?[^/]*$/, "")) {
    for (const lock of manager.locks) if (await folder.has(at === "" ? lock : `${at}/${lock}`)) return lock;
    if (at === "") return undefined;
  }
}

type Manifest = Record<string, unknown>;

function readManifest(text: string | undefined): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(text ?? "");
    return typeof manifest === "object" && manifest !== null ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts the versions that were installed in the place of ranges. Gives what it changed. */
function pin(manifest: Manifest, packages: Readonly<Record<string, string>>): string[] {
  const changed: string[] = [];
  for (const field of fields) {
    const named = manifest[field];
    if (typeof named !== "object" || named === null) continue;
    for (const [name, range] of Object.entries(named as Record<string, unknown>)) {
      const version = own(packages, name);
      // Files, links and repositories are exact by themselves, or not to be had from a version.
      if (version === undefined || typeof range !== "string" || /^[a-z+]+:|\//.test(range) || range === version)
        continue;
      (named as Record<string, unknown>)[name] = version;
      changed.push(name);
    }
  }
  return changed;
}

/** Adds the packages that were asked for and are not there. Gives what it added. */
function add(
  manifest: Manifest,
  wanted: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, string>>,
): string[] {
  const dependencies = Object(manifest["dependencies"]) as Record<string, unknown>;
  const added = Object.entries(wanted).filter(([name, version]) => {
    const range = fields.map((field) => own(manifest[field], name)).find((one) => one !== undefined);
    return range !== version && !(range !== undefined && own(packages, name) === version);
  });
  if (added.length > 0) manifest["dependencies"] = { ...dependencies, ...Object.fromEntries(added) };
  return added.map(([name]) => name);
}

/** A field that an object has itself: packages may be named like what all objects have. */
function own<T>(fields: Readonly<Record<string, T>> | undefined, name: string): T | undefined;
function own(fields: unknown, name: string): unknown;
function own(fields: unknown, name: string): unknown {
  return typeof fields === "object" && fields !== null && Object.hasOwn(fields, name)
    ? (fields as Record<string, unknown>)[name]
    : undefined;
}
