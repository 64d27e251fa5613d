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
    if (stat === undefined) return;
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

  /** The path of the platform for a path in the folder. */
  at(path: string): string {
    return path === "" ? this.path : this.#files.join(this.path, ...path.split("/"));
  }

  async has(path: string): Promise<boolean> {
    return (await this.#files.stat(this.at(path))) !== undefined;
  }

  async read(path: string): Promise<string | undefined> {
    return (await this.has(path)) ? this.#files.readText(this.at(path)) : undefined;
  }

  /** @throws ConfigurationError where a link on the way may lead out of the folder */
  async write(path: string, content: Uint8Array | string): Promise<void> {
    const parts = path.split("/");
    for (let depth = 0; depth < parts.length; depth++) {
      const folder = this.at(parts.slice(0, depth).join("/"));
      if ((await this.#files.stat(folder)) === undefined) break;
      const entry = (await this.#files.list(folder)).find(({ name }) => name === parts[depth]);
      if (entry === undefined) break;
      const isLast = depth === parts.length - 1;
      if (isLast ? entry.isFile : entry.isDirectory) continue;
      throw new ConfigurationError(
        `Cannot write "${path}" of an environment as "${parts.slice(0, depth + 1).join("/")}" must be a ${isLast ? "file" : "folder"}, and no link`,
      );
    }
    await this.#files.write(this.at(path), content);
  }
}
