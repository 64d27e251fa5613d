import type { Fetch } from "../runtime/ports/fetch.ts";
import { ArtifactError, type ArtifactStore } from "../server/artifacts/artifact-store.ts";
import { createServer, type ServerOptions } from "../server/server.ts";
import { type DurableObjectSqlStorage, durableObjectDatabase } from "../sql/durable-object.ts";
import { takeTurns } from "./take-turns.ts";

/**
 * A Durable Object that is an MLflow tracking server: the embedded server over the SQLite of the object. Export a class
 * that extends it, name it under `new_sqlite_classes`, and let the Worker pass requests on to one object of it.
 *
 * Files of runs need a bucket: override `options()` and give `artifacts: r2Artifacts(this.env.ARTIFACTS)`. Without one
 * they are refused. Requests from outside need `security.allowedHosts` with the Worker's host name, and should need a
 * password (`security.auth`); those by the binding can use any name that ends in `.localhost`.
 *
 * One object answers one request at a time, and holds at most 10 GB: one team's experiments, not the world's.
 *
 * @typeParam Env Bindings of the Worker.
 *
 * @example An MLflow at the edge
 * ```ts no-run
 * import { type ObjectNamespace, type R2Bucket, r2Artifacts, TrackletServer } from "tracklet/workers";
 *
 * interface Env {
 *   EXPERIMENTS: ObjectNamespace;
 *   ARTIFACTS: R2Bucket;
 *   PASSWORD: string;
 * }
 *
 * export class Experiments extends TrackletServer<Env> {
 *   override options() {
 *     const auth = { username: "team", password: this.env.PASSWORD };
 *     return { artifacts: r2Artifacts(this.env.ARTIFACTS), security: { allowedHosts: ["mlflow.example"], auth } };
 *   }
 * }
 *
 * export default {
 *   fetch: (request: Request, env: Env) => env.EXPERIMENTS.get(env.EXPERIMENTS.idFromName("all")).fetch(request),
 * };
 * ```
 */
export class TrackletServer<Env = unknown> {
  /** Makes the class fit the types of Cloudflare. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  /** Bindings of the Worker. */
  protected readonly env: Env;
  readonly #storage: DurableObjectSqlStorage;
  #fetch: Fetch | undefined;

  /** Called by the platform. */
  constructor(ctx: { readonly storage: DurableObjectSqlStorage }, env: Env) {
    this.#storage = ctx.storage;
    this.env = env;
  }

  /** How the server is made; asked once, with the first request. */
  options(): Omit<ServerOptions, "database" | "synchronous"> {
    return {};
  }

  /** Answers one request of MLflow's REST API. */
  fetch(request: Request): Promise<Response> {
    this.#fetch ??= takeTurns(
      createServer({
        artifacts: withoutBucket,
        onError: (error) => console.error(error),
        ...this.options(),
        database: durableObjectDatabase(this.#storage),
      }).fetch,
    );
    return this.#fetch(request);
  }
}

/** What is logged must not vanish with the object's memory. */
const withoutBucket: ArtifactStore = {
  stat: async () => undefined,
  list: async () => [],
  async read(path) {
    throw new ArtifactError("not-found", `No such artifact: '${path}'`);
  },
  async write(path) {
    throw new ArtifactError(
      "refused",
      `Cannot keep "${path}" as the server has no bucket: give artifacts: r2Artifacts(bucket) in options() of the TrackletServer`,
    );
  },
  async delete() {},
};
