import { ConfigurationError, CredentialsError } from "../errors/usage-errors.ts";
import type { Auth } from "./types/connection.ts";

const mostSecrets = 64;

/** Makes the headers that prove who sends a request, and keeps what is secret in them out of messages. */
export class Authorizer {
  /** True when asking again may give other headers, so that a 401 is worth a second try. */
  readonly renewable: boolean;
  readonly #ask: () => HeadersInit | Promise<HeadersInit>;
  readonly #secrets = new Set<string>();

  constructor(auth: Auth | undefined) {
    this.renewable = typeof auth === "function";
    if (auth === undefined) {
      this.#ask = () => ({});
    } else if (typeof auth === "function") {
      this.#ask = auth;
    } else if (typeof auth !== "object" || auth === null) {
      throw new ConfigurationError(
        `Cannot use auth as it must be { username, password }, { token } or a function: current value is a ${typeof auth}`,
      );
    } else {
      const authorization = "token" in auth ? bearer(auth.token) : basic(auth.username, auth.password);
      this.#keep("token" in auth ? auth.token : auth.password);
      this.#ask = () => ({ authorization });
    }
  }

  /**
   * The headers for one request.
   *
   * @throws CredentialsError when the function fails, with what it threw as the cause, or gives none that can be sent.
   */
  async headers(): Promise<Headers> {
    let given: HeadersInit;
    try {
      given = await this.#ask();
    } catch (cause) {
      const said = this.redact(cause instanceof Error ? cause.message : String(cause));
      throw new CredentialsError(`Cannot send a request as auth must give headers: it failed with "${said}"`, {
        cause,
      });
    }
    let headers: Headers;
    try {
      headers = new Headers(given);
    } catch {
      // The platform's message quotes the illegal value, which is a secret: neither it nor the error is passed on.
      throw new CredentialsError(
        "Cannot send a request as auth must give legal headers: it gave a name or value with an illegal character",
      );
    }
    for (const value of headers.values()) this.#keep(value);
    return headers;
  }

  /** `text` without any secret that was ever sent. */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, "***");
    return clean;
  }

  #keep(value: string): void {
    for (const part of [value, value.replace(/^\w+ /, "")]) {
      // Shorter ones occur in ordinary words.
      if (part.length >= 6) this.#secrets.add(part);
    }
    // A function may give a new value for every request: only late ones can still be on their way back.
    for (const oldest of this.#secrets) {
      if (this.#secrets.size <= mostSecrets) break;
      this.#secrets.delete(oldest);
    }
  }
}

function bearer(token: string): string {
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigurationError(
      "Cannot use auth.token as it must be visible ASCII characters without spaces: current value has others, is empty or no text",
    );
  }
  return `Bearer ${token}`;
}

function basic(username: string, password: string): string {
  if (typeof username !== "string" || typeof password !== "string" || username.includes(":")) {
    throw new ConfigurationError(`Cannot use auth as it must have a username without ":" and a password, or a token`);
  }
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
