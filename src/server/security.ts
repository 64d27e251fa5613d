/** Who may talk to the server. */
export interface SecurityOptions {
  /**
   * Host names that are served, with or without port, `*` for any characters; `["*"]` serves all.
   * @default localhost, loopback and private addresses, as MLflow
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Origins of web pages that may call the server, exactly as browsers send them; `["*"]` allows all, without
   * credentials. Pages from `http://localhost` and loopback addresses are always allowed.
   * @default none
   */
  readonly corsAllowedOrigins?: readonly string[];
  /** Asked of every request but `/health` and `/version`. @default nobody is asked */
  readonly auth?: { readonly username: string; readonly password: string } | { readonly token: string };
}
