import { type RequestFacts, UnexpectedReplyError } from "../errors/network-errors.ts";
import { withoutQuery } from "./address.ts";
import type { ReplyWords } from "./reply-text.ts";

/** The error of a 2xx answer that is not what MLflow says; `detail` names what is wrong where it is known. */
export function unexpectedReply(
  response: Response,
  { form, message }: ReplyWords,
  request: RequestFacts,
  detail?: string,
): UnexpectedReplyError {
  const what = detail ?? (form === "html" ? `an HTML page "${message}"` : `"${message}"`);
  const moved = response.redirected ? ` after a redirect to ${withoutQuery(response.url)}` : "";
  const cure = form === "html" ? ". Is there a login page or proxy before the server?" : "";
  return new UnexpectedReplyError(
    `Cannot ${request.method} ${request.url} as the ${response.status} answer${moved} must be MLflow's JSON: current value is ${what}${cure}`,
    request,
  );
}
