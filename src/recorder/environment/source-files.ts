import type { KeptFiles } from "./kept-files.ts";
import type { Project } from "./find-project.ts";

const LOOKED_AT = 20_000;
const DEPTH = 20;

/** Keeps the files of a project that no git has: without dot files, installed packages and what is logged. */
export async function keepSources({ files, tree, path: project }: Project, kept: KeptFiles): Promise<void> {
  let looked = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const { name, isDirectory, isFile } of await files.list(files.join(tree, folder))) {
      if (++looked > LOOKED_AT) {
        if (looked === LOOKED_AT + 1) kept.leaveOut("the rest of the files", `${LOOKED_AT} are looked at: use git`);
        return;
      }
      const path = folder === "" ? name : `${folder}/${name}`;
      if (name.startsWith(".") || kept.isMade(path)) continue;
      if (isFile) await kept.add(path);
      else if (!isDirectory) kept.leaveOut(path, "links are not followed");
      else if (depth < DEPTH) await walk(path, depth + 1);
      else kept.leaveOut(path, `folders are looked at to a depth of ${DEPTH}`);
    }
  };
  await walk(project, 0);
}
