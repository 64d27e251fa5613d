import type { Fetch } from "../../runtime/ports/fetch.ts";
import type { Alert } from "../types/alerts.ts";
import type { CheckedWebhook } from "./checked-rule.ts";

const encoder = new TextEncoder();
/** Redirects that are followed, within one host. */
const HOPS = 3;

/** What came of a post: it is there, it may be tried again (after `after` ms), or it never will. */
export type PostOutcome =
  | { readonly sent: true }
  | { readonly sent: false; readonly again: boolean; readonly reason: string; readonly after?: number };

/** Posts an alert once. Rejects for no fault of the other side. */
export async function postAlert(
  fetch: Fetch,
  webhook: CheckedWebhook,
  alert: Alert,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<PostOutcome> {
  const slack = webhook.form === "slack";
  const body = slack ? slackBody(alert) : jsonBody(alert);
  // Slack's server allows pages no preflight, as JSON and headers of our own would have it: it takes JSON as plain text.
  const headers: Record<string, string> = slack
    ? { "content-type": "text/plain;charset=UTF-8" }
    : { "content-type": "application/json", "x-tracklet-alert": fieldOf(alert.id) };
  if (webhook.secret !== undefined) {
    headers["x-tracklet-signature"] = `t=${now},v1=${await signatureOf(webhook.secret, `${now}.${body}`)}`;
  }
  let { url } = webhook;
  try {
    for (let hop = 0; hop <= HOPS; hop++) {
      const request = new Request(url, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        credentials: "omit",
        signal,
      });
      const response = await fetch(request);
      await response.body?.cancel();
      const { status } = response;
      if (status >= 200 && status < 300) return { sent: true };
      const target = status === 307 || status === 308 ? response.headers.get("location") : null;
      const next = target === null ? null : URL.parse(target, url);
      if (next === null || next.origin !== url.origin) return refusal(response, next);
      url = next;
    }
    return { sent: false, again: false, reason: `it redirects more than ${HOPS} times` };
  } catch {
    // The message of the platform may hold the address.
    return { sent: false, again: true, reason: "it gives no answer" };
  }
}

function refusal({ status, type, headers }: Response, next: URL | null): PostOutcome {
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const where = next === null ? "" : ` to ${next.host}`;
    return { sent: false, again: false, reason: `it redirects${where}, and an alert goes to no other host` };
  }
  const seconds = Number(headers.get("retry-after") ?? "");
  return {
    sent: false,
    again: status >= 500 || status === 408 || status === 425 || status === 429,
    reason: `it answers ${status}`,
    ...(seconds > 0 && { after: seconds * 1000 }),
  };
}

/** A text as a header may hold it. */
function fieldOf(text: string): string {
  return encodeURI(text.toWellFormed());
}

/** The alert's fields; a value that JSON has no word for is a text. */
function jsonBody(alert: Alert): string {
  const { value } = alert;
  const said = value === undefined || Number.isFinite(value) ? {} : { value: String(value) };
  return JSON.stringify({ type: "tracklet.alert", ...alert, ...said, time: timeOf(alert) });
}

function slackBody(alert: Alert): string {
  const { runName, text, metric, step, value } = alert;
  const seen = metric === undefined ? "" : ` (${metric} = ${value}${step === undefined ? "" : ` at step ${step}`})`;
  const plain = `${runName}: ${text}${seen}, ${timeOf(alert)}`;
  // Slack's markup has these three, and no others.
  return JSON.stringify({ text: plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") });
}

function timeOf({ at }: Alert): string {
  return new Date(Math.min(at, 8.64e15)).toISOString();
}

/** HMAC-SHA-256 as hexadecimal digits. */
async function signatureOf(secret: string, text: string): Promise<string> {
  const { subtle } = globalThis.crypto;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await subtle.sign("HMAC", key, encoder.encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
