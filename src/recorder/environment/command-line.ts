import { insideOf, type Project } from "./find-project.ts";
import type { Secrets } from "./secrets.ts";

/** Arguments that are kept, and characters of one. */
const MOST = 200;
const LONGEST = 2000;

/** How something was started: paths in the project as they are from its folder, and without secrets. */
export function commandLine(args: readonly string[], project: Project | undefined, secrets: Secrets): string[] {
  const plain = secrets.redactCommand(args.slice(0, MOST));
  return plain.map((arg) => {
    const inner = project === undefined ? undefined : insideOf(project.directory, arg);
    return (inner === undefined ? arg : inner || ".").slice(0, LONGEST);
  });
}
