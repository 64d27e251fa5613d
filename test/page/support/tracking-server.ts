import { serve } from "../../../src/cli/http/serve.ts";
import type { Listening } from "../../../src/cli/http/serve.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { createServer, memoryArtifacts } from "../../../src/server/index.ts";
import { openNodeSqlite } from "../../../src/sql/node-sqlite.ts";
import type { SqlDatabase, SqlRow, SqlValue } from "../../../src/sql/database.ts";
import { ownPort } from "../../support/own-port.ts";

/** An MLflow server on a port of its own, whose rows the test counts. It may be down, and up again with all it had. */
export class TrackingServer {
  readonly #database: SqlDatabase;
  readonly #fetch: Fetch;
  #listening: Listening | undefined;
  readonly #port: number;
  /** Stands between the network and the server. */
  between: (request: Request, answer: Fetch) => Promise<Response> = (request, answer) => answer(request);
  /** Requests that arrived, without preflights. */
  requests = 0;

  private constructor(port: number) {
    this.#port = port;
    this.#database = openNodeSqlite(":memory:");
    this.#fetch = createServer({
      database: this.#database,
      artifacts: memoryArtifacts(),
      // Pages that may keep nothing have no origin of their own.
      security: { corsAllowedOrigins: ["null"] },
    }).fetch;
  }

  static async start(): Promise<TrackingServer> {
    const server = new TrackingServer(await ownPort());
    await server.up();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async up(): Promise<void> {
    const answer = async (request: Request): Promise<Response> => {
      if (request.method !== "OPTIONS") this.requests++;
      return this.between(request, this.#fetch);
    };
    this.#listening = await serve(answer, { host: "127.0.0.1", port: this.#port, onError: () => {} });
  }

  /** Refuses connections, and cuts those that are open. */
  async down(): Promise<void> {
    await this.#listening?.close(0);
    this.#listening = undefined;
  }

  rows(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#database.prepare(sql).all(...values);
  }

  /** The one number that a query gives. */
  number(sql: string, ...values: SqlValue[]): number {
    return Number(Object.values(this.rows(sql, ...values)[0] ?? {})[0]);
  }

  /** Text of an artifact of a run; undefined when it is not there. */
  async artifact(run: string, path: string): Promise<string | undefined> {
    const [experiment] = this.rows("select experiment_id from runs where run_uuid = ?", run);
    const place = `${experiment?.["experiment_id"]}/${run}/artifacts/${path}`;
    const reply = await this.#fetch(new Request(`${this.url}/api/2.0/mlflow-artifacts/artifacts/${place}`));
    return reply.ok ? reply.text() : undefined;
  }

  async close(): Promise<void> {
    await this.down();
    this.#database.close();
  }
}
