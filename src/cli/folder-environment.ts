import { gitHead } from "../runtime/git-head.ts";
import type { Environment } from "../runtime/ports/environment.ts";
import type { Runtime } from "../runtime/runtime.ts";

/**
 * The environment of a command that runs in the working directory: its code is what git has there, and not around the
 * script of this process. Whether that has changed is found out with the rest of a recording's environment.
 */
export function folderEnvironment({ environment, files }: Runtime): Environment {
  const { dirty: _, ...rest } = environment;
  const head = () => {
    const folder = environment.directory();
    try {
      return files === undefined || folder === undefined ? {} : gitHead(files, folder);
    } catch {
      return {};
    }
  };
  return { ...rest, commit: () => head().commit, branch: () => head().branch };
}
