import { HttpError } from "../errors/index.ts";
import type { Problem } from "../queue/types.ts";
import type { Environment } from "../runtime/ports/environment.ts";
import { syncWords } from "./sync-words.ts";

/** What may go on for long, and runs of dead programs that were ended: nothing of these stands at the end. */
const atOnce: readonly Problem["kind"][] = ["server-unreachable", "storage", "scope", "run-recovered"];

/** What a sync tells of problems. */
export interface SyncTelling {
  /** Tells at once what may go on for long, each kind of it once; everything else is for the end. */
  hear(problem: Problem): void;
  /** Of what stands at the end, that which was not told yet. */
  rest(problems: readonly Problem[]): string[];
}

/** Tells problems by `say`, in the words of a command line. */
export function syncTelling(say: (line: string) => void, environment: Pick<Environment, "get">): SyncTelling {
  const told = new Set<string>();
  return {
    hear(problem) {
      if (!atOnce.includes(problem.kind)) return;
      const name = nameOf(problem);
      if (told.has(name)) return;
      told.add(name);
      say(syncWords(problem, environment));
    },
    rest: (problems) =>
      problems
        // What is quarantined is told from the file, with that of earlier times.
        .filter((problem) => problem.kind !== "quarantined" && !told.has(nameOf(problem)))
        .map((problem) => syncWords(problem, environment)),
  };
}

/** A server that comes and goes fails at one request after the other: what matters is how. */
function nameOf({ kind, message, cause }: Problem): string {
  if (kind !== "server-unreachable") return message;
  return cause instanceof HttpError ? `${cause.status}` : cause instanceof Error ? cause.name : message;
}
