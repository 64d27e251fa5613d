import type { Compat } from "./compat.ts";
import { type Json, type JsonObject, writeJson } from "./json.ts";
import type { Refusal } from "./refusal.ts";

/** A JSON answer. */
export function jsonReply(body: Json, status = 200): Response {
  return new Response(writeJson(body), { status, headers: { "content-type": "application/json" } });
}

/** MLflow's error body. */
export function errorReply(refusal: Refusal, compat: Compat): Response {
  const body: JsonObject = {
    error_code: refusal.code,
    message: refusal.message,
    ...(compat.release2 ? {} : { sqlstate: refusal.sqlState, error_class: refusal.errorClass }),
  };
  return jsonReply(body, refusal.status);
}

export function textReply(text: string, status = 200, type = "text/plain; charset=utf-8"): Response {
  return new Response(text, { status, headers: { "content-type": type } });
}
