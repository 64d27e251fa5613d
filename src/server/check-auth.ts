import type { Compat } from "./compat.ts";
import { errorReply } from "./reply.ts";
import { Refusal } from "./refusal.ts";

/** The one password of a server, as Basic or as Bearer. */
export type ServerAuth = { readonly username: string; readonly password: string } | { readonly token: string };

/** Undefined when the request carries the credentials, else the answer that asks for them. */
export function checkAuth(request: Request, auth: ServerAuth, compat: Compat): Response | undefined {
  const expected = "token" in auth ? `Bearer ${auth.token}` : `Basic ${base64(`${auth.username}:${auth.password}`)}`;
  if (isEqual(request.headers.get("authorization") ?? "", expected)) return undefined;
  const scheme = "token" in auth ? "Bearer" : "Basic";
  const reply = errorReply(
    new Refusal(
      "UNAUTHENTICATED",
      `Cannot serve the request as it must carry the ${scheme} credentials of this server`,
    ),
    compat,
  );
  reply.headers.set("www-authenticate", `${scheme} realm="mlflow"`);
  return reply;
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** Takes as long for a nearly right password as for a wrong one. */
function isEqual(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let index = 0; index < expected.length; index++) {
    difference |= expected.charCodeAt(index) ^ (given.charCodeAt(index) || 0);
  }
  return difference === 0;
}
