import type { Files } from "../../src/runtime/ports/files.ts";

/** A file system in memory with POSIX paths; names that end in `/` are empty directories. */
export function memoryFiles(entries: Record<string, string>): Files & { readonly written: Map<string, Uint8Array> } {
  const written = new Map<string, Uint8Array>();
  const text = (path: string): string | undefined => (Object.hasOwn(entries, path) ? entries[path] : undefined);
  const isDirectory = (path: string): boolean => Object.keys(entries).some((name) => name.startsWith(`${path}/`));
  const join = (...parts: string[]): string => {
    const out: string[] = [];
    for (const part of parts.join("/").split("/")) {
      if (part === "..") out.pop();
      else if (part !== "" && part !== ".") out.push(part);
    }
    return `/${out.join("/")}`;
  };
  return {
    written,
    join,
    stat: async (path) => {
      const size = text(path)?.length;
      if (size === undefined && !isDirectory(path)) return undefined;
      return { isDirectory: size === undefined, isFile: size !== undefined, size: size ?? 0, modified: 0 };
    },
    open: async (path) => new Blob([text(path) ?? ""]),
    readText: async (path) => text(path) ?? "",
    readTextSync: (path) => text(path),
    mayWrite: () => true,
    list: async (directory) => {
      const inside = Object.keys(entries).filter((name) => name.startsWith(`${directory}/`));
      const names = new Set(inside.map((name) => name.slice(directory.length + 1).split("/")[0] as string));
      return [...names]
        .filter((name) => name !== "")
        .sort()
        .map((name) => {
          const path = `${directory}/${name}`;
          return { name, isDirectory: isDirectory(path), isFile: text(path) !== undefined };
        });
    },
    makeDirectory: async () => {},
    write: async (path, data) => {
      written.set(path, new Uint8Array(await new Response(data as BodyInit).arrayBuffer()));
    },
    resolve: (pathOrUrl) => join(pathOrUrl instanceof URL ? decodeURIComponent(pathOrUrl.pathname) : pathOrUrl),
    basename: (path) => path.split("/").at(-1) ?? "",
  };
}
