import type { Spawn } from "../../runtime/ports/spawn.ts";
import { textOf } from "../../tracker/entries.ts";
import { bytesOfText, textOfBytes } from "./binary-text.ts";
import { cleanSection, type DiffSection, diffSections } from "./diff-sections.ts";
import type { Project } from "./find-project.ts";
import { type Git, gitFault, gitIn } from "./git-program.ts";
import type { KeptFiles } from "./kept-files.ts";
import { isSecretFile } from "./secret-files.ts";
import type { Secrets } from "./secrets.ts";

/** Bytes of a diff. */
const LARGEST = 10 * 2 ** 20;
/** Bytes of a file that is searched for secrets. */
const SEARCHED = 5 * 2 ** 20;

const diffArgs = [
  "diff",
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--no-renames",
  "--full-index",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

/** What git knows beside the commit. */
export interface GitChanges {
  /** Address of `origin`. */
  readonly remote?: string;
  /** How tracked files differ from the commit; undefined when they do not, or it cannot be kept. */
  readonly diff?: Uint8Array<ArrayBuffer>;
  /** True when git said which files it does not have. */
  readonly told: boolean;
}

/** Asks git how the tree differs from its commit, and keeps the files that are not in it and not ignored. */
export async function gitChanges(
  spawn: Spawn | undefined,
  project: Project,
  secrets: Secrets,
  kept: KeptFiles,
): Promise<GitChanges> {
  if (spawn === undefined) {
    kept.leaveOut("uncommitted changes", "this process may not run git");
    return { told: false };
  }
  const git = gitIn(spawn, project.tree);
  const remote = await git(["config", "--get", "remote.origin.url"]);
  const url = remote?.code === 0 ? plainAddress(new TextDecoder().decode(remote.stdout).trim(), secrets) : undefined;
  const diff = await diffOf(git, project, secrets, kept);
  const others = await git(["ls-files", "--others", "--exclude-standard", "-z"]);
  const fault = gitFault(others);
  if (fault !== undefined) kept.leaveOut("files that git does not have", fault);
  else {
    const paths = new TextDecoder().decode(others?.stdout).split("\0");
    for (const path of paths) if (path !== "" && !kept.isMade(path)) await kept.add(path);
  }
  return { ...(url && { remote: url }), ...(diff !== undefined && { diff }), told: fault === undefined };
}

/** An address of a repository without who uses it. `git@host:` is no secret, and needed. */
function plainAddress(address: string, secrets: Secrets): string {
  const url = address.includes("://") ? URL.parse(address) : null;
  if (url === null) return secrets.redact(address).text;
  url.password = "";
  if (url.protocol !== "ssh:") url.username = "";
  url.search = "";
  url.hash = "";
  return secrets.redact(url.href).text;
}

async function diffOf(
  git: Git,
  project: Project,
  secrets: Secrets,
  kept: KeptFiles,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const limit = { maxBytes: LARGEST };
  let result = await git([...diffArgs, "--binary", "HEAD", "--"], limit);
  // What is large is mostly no text.
  if (result?.tooMuch) result = await git([...diffArgs, "HEAD", "--"], limit);
  const fault = gitFault(result);
  if (result === undefined || fault !== undefined) {
    kept.leaveOut("uncommitted changes", secrets.redact(fault ?? "").text);
    return undefined;
  }
  const clean: string[] = [];
  for (const section of diffSections(textOfBytes(result.stdout))) {
    const why = await whyNot(section, project, secrets);
    const cleaned = why === undefined ? cleanSection(section, secrets) : undefined;
    if (cleaned === undefined) {
      kept.leaveOut(`changes of ${section.path}`, why ?? "a secret stands in what git has, or over several lines");
      continue;
    }
    if (cleaned.count > 0) {
      kept.leaveOut(`secrets in changes of ${section.path}`, "secrets are not kept: *** stands in their place");
    }
    clean.push(cleaned.text);
  }
  return clean.length === 0 ? undefined : bytesOfText(clean.join(""));
}

async function whyNot({ path, kind }: DiffSection, project: Project, secrets: Secrets): Promise<string | undefined> {
  if (isSecretFile(path)) return "files of that name hold secrets";
  if (kind === "binary without content") return "it is no text, and all changes together are too large";
  if (kind !== "binary") return undefined;
  try {
    const { files, tree } = project;
    const place = files.join(tree, path);
    const stat = await files.stat(place);
    if (stat === undefined) return undefined;
    if (stat.size > SEARCHED) return "it is no text, and too large to be searched for secrets";
    const bytes = new Uint8Array(await (await files.open(place)).arrayBuffer());
    return secrets.redact(textOfBytes(bytes)).count > 0 ? "it is no text, and there is a secret in it" : undefined;
  } catch (error) {
    return `it cannot be read: ${textOf(error)}`;
  }
}
