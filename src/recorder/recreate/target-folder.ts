import { ConfigurationError } from "../../errors/usage-errors.ts";
import type { Files } from "../../runtime/ports/files.ts";

/** The folder that an environment is made in: nothing is written beside it, nor over what was there. */
export class TargetFolder {
  readonly #files: Files;
  readonly path: string;

  constructor(files: Files, path: string) {
    this.#files = files;
    this.path = path;
  }

  /** @throws ConfigurationError for a folder that is not empty, and for a file */
  async mustBeEmpty(): Promise<void> {
    const stat = await this.#files.stat(this.path);
    if (stat === undefined) return this.#mustHaveRoom();
    const entries = stat.isDirectory ? await this.#files.list(this.path) : undefined;
    if (entries?.length === 0) return;
    const has =
      entries === undefined
        ? "it is a file"
        : `it has ${JSON.stringify(entries[0]?.name)}${entries.length > 1 ? ` and ${entries.length - 1} more` : ""}`;
    throw new ConfigurationError(
      `Cannot make an environment again in "${this.path}" as it must be an empty folder, or not there yet: ${has}`,
    );
  }

  /** @throws ConfigurationError where the folder would be below a file */
  async #mustHaveRoom(): Promise<void> {
    for (let at = this.path; ; ) {
      const above = this.#files.join(at, "..");
      if (above === at) return;
      at = above;
      const stat = await this.#files.stat(at);
      if (stat?.isDirectory) return;
      if (stat === undefined) continue;
      throw new ConfigurationError(
        `Cannot make an environment again in "${this.path}" as "${at}" must be a folder: it is a file`,
      );
    }
  }

  /** The path of the platform for a path in the folder. */
  at(path: string): string {
    return path === "" ? this.path : this.#files.join(this.path, ...path.split("/"));
  }

  /** True when anything is there that no link on the way leads to; a link itself is there. */
  async has(path: string): Promise<boolean> {
    return (await this.#look(path)).entry !== undefined;
  }

  /** The text of a file; undefined where there is none, or a link. */
  async read(path: string): Promise<string | undefined> {
    const { entry } = await this.#look(path);
    return entry?.isFile === true ? this.#files.readText(this.at(path)) : undefined;
  }

  /** Makes a folder with those around it. @throws ConfigurationError where a link on the way may lead out of the folder */
  async makeDirectory(path: string): Promise<void> {
    const { blocked, entry } = await this.#look(path);
    const wrong = blocked ?? (entry?.isDirectory === false ? path : undefined);
    if (wrong !== undefined) throw inTheWay("make", path, wrong, "folder");
    await this.#files.makeDirectory(this.at(path));
  }

  /** @throws ConfigurationError where a link on the way may lead out of the folder */
  async write(path: string, content: Uint8Array | string): Promise<void> {
    const { blocked, entry } = await this.#look(path);
    if (blocked !== undefined) throw inTheWay("write", path, blocked, "folder");
    if (entry?.isFile === false) throw inTheWay("write", path, path, "file");
    await this.#files.write(this.at(path), content);
  }

  /** What is at a path, looked for folder by folder as a link would be followed; `blocked` is what is no folder on the way. */
  async #look(path: string): Promise<{ readonly entry?: Entry; readonly blocked?: string }> {
    const parts = path === "" ? [] : path.split("/");
    if ((await this.#files.stat(this.path)) === undefined) return {};
    let entry: Entry = { isDirectory: true, isFile: false };
    for (const [depth, part] of parts.entries()) {
      const above = parts.slice(0, depth).join("/");
      if (!entry.isDirectory) return { blocked: above };
      const found = (await this.#files.list(this.at(above))).find(({ name }) => name === part);
      if (found === undefined) return {};
      entry = found;
    }
    return { entry };
  }
}

type Entry = Pick<Awaited<ReturnType<Files["list"]>>[number], "isDirectory" | "isFile">;

function inTheWay(act: string, path: string, what: string, must: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot ${act} "${path}" of an environment as "${what}" must be a ${must}, and no link`,
  );
}
