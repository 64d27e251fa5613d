import { NoAnswer } from "../client/no-answer.ts";
import { addressCure, authCure } from "../client/reply-error.ts";
import { parkedCure } from "../queue/send/parked-cure.ts";
import { AuthenticationError } from "../errors/index.ts";
import type { Problem } from "../queue/types.ts";
import type { Environment } from "../runtime/ports/environment.ts";

/** The message of a problem with the cures of a command line: messages are made for programs, which have options. */
export function syncWords({ kind, message, run, cause }: Problem, environment: Pick<Environment, "get">): string {
  if (kind === "run-parked") {
    return message.replace(parkedCure, `the same command tries again, with --discard-run ${run} it is dropped`);
  }
  if (cause instanceof AuthenticationError) return message.replace(authCure, `. ${credentials(environment)}`);
  if (cause instanceof NoAnswer) return message.replaceAll("trackingUri", flag);
  return message.replace(addressCure, addressCure.replace("trackingUri", flag));
}

const flag = "--tracking-uri";

/** What to do about credentials that are refused or missing. */
function credentials({ get }: Pick<Environment, "get">): string {
  const [username, password, token] = ["USERNAME", "PASSWORD", "TOKEN"].map((name) => `MLFLOW_TRACKING_${name}`) as [
    string,
    string,
    string,
  ];
  if (get(username) !== undefined && get(password) !== undefined) {
    return `The server does not take those of ${username} and ${password}`;
  }
  if (get(token) !== undefined) return `The server does not take that of ${token}`;
  return `Set ${username} and ${password}, or ${token}`;
}
