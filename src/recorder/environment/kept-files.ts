import { artifactPathProblem } from "../../client/artifact-path.ts";
import { textOf } from "../../tracker/entries.ts";
import type { Files } from "../../runtime/ports/files.ts";
import type { Project } from "./find-project.ts";
import { madeFiles } from "./made-files.ts";
import { maskColumns } from "./secret-columns.ts";
import { isSecretFile } from "./secret-files.ts";
import type { Secrets } from "./secrets.ts";
import { FILES, type LeftOut } from "./types.ts";

/** Bytes of one file, and of all; number of files. */
const LARGEST = 5 * 2 ** 20;
const ALL = 25 * 2 ** 20;
const MOST = 2000;
/** Things left out that are named one by one. */
const NAMED = 50;

/** The files that are kept with a recording, by their paths in the tree, as long as there is room. */
export class KeptFiles {
  readonly #project: Project;
  readonly #secrets: Secrets;
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #masked: string[] = [];
  readonly #leftOut: LeftOut[] = [];
  /** Paths that were kept or left out. */
  readonly #seen = new Set<string>();
  /** What is in folders that were looked into. */
  readonly #listed = new Map<string, Map<string, Entry>>();
  #more = 0;
  #bytes = 0;

  /** True for a path of a file that is made from others or holds what is logged. */
  readonly isMade: (path: string) => boolean;

  /** @param queue The file of the queue that the recording goes through. */
  constructor(project: Project, secrets: Secrets, queue?: string) {
    this.isMade = madeFiles(project, queue);
    this.#project = project;
    this.#secrets = secrets;
  }

  get files(): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
    return this.#files;
  }

  /** Paths of those in which something stands in the place of a secret. */
  get masked(): readonly string[] {
    return this.#masked;
  }

  get leftOut(): LeftOut[] {
    const more = { what: `${this.#more} more`, why: "they are left out for the same reasons" };
    return this.#more === 0 ? this.#leftOut : [...this.#leftOut, more];
  }

  leaveOut(what: string, why: string): void {
    if (this.#leftOut.length < NAMED) this.#leftOut.push({ what, why });
    else this.#more++;
  }

  /** Keeps the file at a path of the tree, if it may be kept. False when it is not there. */
  async add(path: string): Promise<boolean> {
    if (this.#seen.has(path)) return true;
    const { files, tree } = this.#project;
    try {
      const entry = await this.#look(path);
      if (entry === undefined) return false;
      this.#seen.add(path);
      if (!entry.isFile) {
        this.leaveOut(
          path,
          entry.isDirectory ? "it is a folder, with a repository of its own" : "links are not followed",
        );
        return true;
      }
      const place = files.join(tree, path);
      const { size = 0 } = (await files.stat(place)) ?? {};
      const why = this.#whyNot(path, size);
      if (why !== undefined) this.leaveOut(path, why);
      else this.#keep(path, new Uint8Array(await (await files.open(place)).arrayBuffer()));
    } catch (error) {
      this.leaveOut(path, `it cannot be read: ${textOf(error)}`);
    }
    return true;
  }

  /** What is at a path, not followed where it is a link: that may lead out of the project. Undefined for nothing. */
  async #look(path: string): Promise<Entry | undefined> {
    const parts = path.split("/").filter((part) => part !== "");
    let entry: Entry | undefined;
    for (const [depth, name] of parts.entries()) {
      const above = parts.slice(0, depth).join("/");
      entry = (await this.#list(above)).get(name);
      // The project itself was chosen, link or not.
      const isProject = `${this.#project.path}/`.startsWith(`${parts.slice(0, depth + 1).join("/")}/`);
      if (entry === undefined || !(entry.isDirectory || isProject)) return entry;
    }
    return entry;
  }

  async #list(folder: string): Promise<Map<string, Entry>> {
    const known = this.#listed.get(folder);
    if (known !== undefined) return known;
    const { files, tree } = this.#project;
    const entries = await files.list(folder === "" ? tree : files.join(tree, folder));
    const listed = new Map(entries.map((entry) => [entry.name, entry]));
    this.#listed.set(folder, listed);
    return listed;
  }

  #whyNot(path: string, size: number): string | undefined {
    if (isSecretFile(path)) return "files of that name hold secrets";
    const problem = artifactPathProblem(`${FILES}/${path}`);
    if (problem !== undefined) return `the path of an artifact must ${problem}`;
    if (size > LARGEST) return `it has ${size} bytes, and ${LARGEST} are kept of a file: log it as an artifact`;
    if (this.#files.size >= MOST) return `${MOST} files are kept: commit sources to git`;
    if (this.#bytes + size > ALL) return `${ALL} bytes of files are kept: commit sources to git`;
    return undefined;
  }

  #keep(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    const clean = this.#withoutSecrets(path, bytes);
    if (clean === undefined) {
      this.leaveOut(path, "it is no text, and there is a secret in it");
      return;
    }
    if (clean !== bytes) {
      this.#masked.push(path);
      this.leaveOut(`secrets in ${path}`, "secrets are not kept: *** stands in their place");
    }
    this.#files.set(path, clean);
    this.#bytes += clean.length;
  }

  #withoutSecrets(path: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
    let text: string;
    let isText = true;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      isText = false;
      text = new TextDecoder("latin1").decode(bytes);
    }
    const table = maskColumns(path, text);
    const { text: clean, count } = this.#secrets.redact(table.text);
    if (count + table.count === 0) return bytes;
    return isText ? new TextEncoder().encode(clean) : undefined;
  }
}

type Entry = Awaited<ReturnType<Files["list"]>>[number];
