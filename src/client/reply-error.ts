import {
  AlreadyExistsError,
  AuthenticationError,
  BadRequestError,
  HttpError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  RateLimitError,
  type ReplyFacts,
  type RequestFacts,
  ServerError,
} from "../errors/network-errors.ts";
import type { ReplyWords } from "./reply-text.ts";

/**
 * Makes the error for an answer that refuses: the class by status and `error_code`, the message with its cure.
 *
 * @param range what a refused range means, where one was asked for
 */
export function errorFromReply(
  status: number,
  words: ReplyWords,
  request: RequestFacts,
  retryAfter: number | undefined,
  range?: string,
): HttpError {
  const facts: ReplyFacts = {
    status,
    errorCode: words.errorCode,
    serverMessage: words.message,
    request,
    retryAfter,
  };
  const code = words.errorCode === undefined ? "" : ` ${words.errorCode}`;
  const said = words.message === "" ? "" : `: "${words.message}"`;
  const origin = status === 403 ? refusedOrigin(words, request) : undefined;
  const cure = (status === 416 ? range : origin) ?? cureOf(status, words);
  const message = `Cannot ${request.method} ${request.url} as the server answered ${status}${code}${said}${cure}`;
  if (/(^|_)ALREADY_EXISTS$/.test(words.errorCode ?? "")) return new AlreadyExistsError(message, facts);
  if (status === 403) return new PermissionError(message, facts, { originRefused: origin !== undefined });
  if (status >= 500) return new ServerError(message, facts);
  const known = byStatus[status];
  return known === undefined ? new HttpError(message, facts) : new known(message, facts);
}

const byStatus: Readonly<Record<number, typeof HttpError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  404: NotFoundError,
  413: PayloadTooLargeError,
  422: BadRequestError,
  429: RateLimitError,
};

/** MLflow's security middleware answers these two in plain text; everything else with 403 is about who asks. */
function refusedOrigin(words: ReplyWords, request: RequestFacts): string | undefined {
  if (words.form === "json") return undefined;
  if (/invalid host header/i.test(words.message)) {
    return `. Start it with --allowed-hosts ${hostOf(request.url)}, or put the tracklet relay before it`;
  }
  if (/cross-origin request blocked|disallowed cors origin/i.test(words.message)) {
    return ". Start it with --cors-allowed-origins and the origin of this page, or put the tracklet relay before it";
  }
  return undefined;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "HOST";
}

/** What a program does about a 401; a command line has other ways. */
export const authCure = ". Give the option auth: { username, password } or { token }";

/** What MLflow says of a path that it does not have. */
export const NO_ENDPOINT = "ENDPOINT_NOT_FOUND";

/** What may be the matter with a 404 that is not MLflow's. */
export const addressCure = ". Is trackingUri the address of an MLflow server?";

function cureOf(status: number, words: ReplyWords): string {
  if (status === 401) return authCure;
  if (status === 404 && (words.form !== "json" || words.errorCode === NO_ENDPOINT)) return addressCure;
  if (status === 413) return ". Send less at once, or raise the limit of the proxy (nginx: client_max_body_size)";
  return "";
}
