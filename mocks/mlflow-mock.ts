// Not from "msw" itself: loading that keeps a Deno process alive.
import { type HttpHandler, http, HttpResponse } from "msw/http";
import { platformClock } from "../src/runtime/platform-clock.ts";
import type { Clock } from "../src/runtime/ports/clock.ts";
import type { Fetch } from "../src/runtime/ports/fetch.ts";
import type { Random } from "../src/runtime/ports/random.ts";
import type { ArtifactStore } from "../src/server/artifacts/artifact-store.ts";
import { memoryArtifacts } from "../src/server/artifacts/memory.ts";
import { assembleServer } from "../src/server/assemble-server.ts";
import type { SecurityOptions } from "../src/server/security.ts";
import type { SqlDatabase } from "../src/sql/database.ts";
import { compatOf, type MlflowRelease } from "./act-as.ts";
import type { Faults } from "./fault.ts";
import { FaultList } from "./fault-list.ts";
import { defaultDatabase, emptyDatabase } from "./mock-database.ts";
import type { SeededExperiment, SeedExperiment } from "./seed.ts";
import { Seeder } from "./seeder.ts";
import { ConnectionDropped, suffer } from "./suffer.ts";

/** How a mock is made. */
export interface MlflowMockOptions {
  /** Requests below this address are answered. @default "http://localhost:5000" */
  readonly trackingUri?: string;
  /** Where runs are kept. @default SQLite in memory, opened when the first request comes */
  readonly database?: SqlDatabase | (() => SqlDatabase | Promise<SqlDatabase>);
  /** Answer as that release of MLflow, with its known faults. @default as MLflow 3.17 without faults */
  readonly actAs?: MlflowRelease;
  /** Where artifacts are kept. `reset()` empties the default only. @default in memory */
  readonly artifacts?: ArtifactStore;
  /** Who may talk to the mock. @default everybody, from every origin */
  readonly security?: SecurityOptions;
  /** Time for the server and for delays. @default the platform's */
  readonly clock?: Clock;
  /** Chance for ids and generated names. @default the platform's */
  readonly random?: Random;
}

/** An MLflow server for tests. */
export interface MlflowMock {
  /** The address that the mock stands at. */
  readonly trackingUri: string;
  /** For `setupServer` (Node), `setupWorker` (browser) and `defineNetwork` (Node, Deno, Bun) of MSW 3. */
  readonly handlers: HttpHandler[];
  /** Answers a request without any interception: give it to a tracker or client as its `fetch`. */
  readonly fetch: Fetch;
  /** Faults between client and server. */
  readonly faults: Faults;
  /** What was asked of the mock, in order, struck requests included, seeding not. */
  readonly requests: readonly MockRequest[];
  /** Makes experiments, runs and artifacts; faults do not strike here. */
  seed(experiments: SeedExperiment | readonly SeedExperiment[]): Promise<SeededExperiment[]>;
  /** Forgets all data, faults and requests, for the next test. */
  reset(): Promise<void>;
}

/** A request that reached the mock. */
export interface MockRequest {
  /** HTTP method. */
  readonly method: string;
  /** Path and query below the tracking URI. */
  readonly path: string;
}

/**
 * Makes an MLflow tracking server for tests: the embedded server behind MSW handlers, with seeding and faults.
 *
 * @param options `trackingUri`, `database`, `actAs` and what else the mock is made of.
 * @example In Node
 * ```ts
 * import { setupServer } from "msw/node";
 * import { createMlflowMock } from "tracklet/mocks";
 *
 * const mock = createMlflowMock({ trackingUri: "http://mlflow.example" });
 * const server = setupServer(...mock.handlers);
 * server.listen();
 * await mock.seed({ name: "digits", runs: [{ name: "first", metrics: { loss: [1, 0.5] } }] });
 * mock.faults.add({ on: "runs/log-batch", status: 503, times: 2 });
 * const reply = await fetch("http://mlflow.example/version");
 * server.close();
 * ```
 * @example In Deno and Bun, where `setupServer` does not see `fetch`
 * ```ts
 * import { FetchInterceptor } from "@mswjs/interceptors/fetch/web";
 * import { defineNetwork, InterceptorSource } from "msw/experimental";
 * import { createMlflowMock } from "tracklet/mocks";
 *
 * const mock = createMlflowMock();
 * const network = defineNetwork({
 *   sources: [new InterceptorSource({ interceptors: [new FetchInterceptor() as never] })],
 *   handlers: mock.handlers,
 * });
 * await network.enable();
 * ```
 * @example Without interception, everywhere
 * ```ts
 * import { createTracker } from "tracklet";
 * import { createMlflowMock } from "tracklet/mocks";
 *
 * const mock = createMlflowMock();
 * const tracker = createTracker({ trackingUri: mock.trackingUri, fetch: mock.fetch });
 * ```
 */
export function createMlflowMock(options: MlflowMockOptions = {}): MlflowMock {
  return new EmbeddedMock(options);
}

class EmbeddedMock implements MlflowMock {
  readonly trackingUri: string;
  readonly handlers: HttpHandler[];
  readonly fetch: Fetch;
  readonly faults: FaultList = new FaultList();
  readonly requests: MockRequest[] = [];
  readonly #options: MlflowMockOptions;
  readonly #clock: Clock;
  readonly #server: Fetch;
  #artifacts: ArtifactStore | undefined;
  #database: Promise<SqlDatabase> | undefined;
  #assembled: Promise<Fetch> | undefined;

  constructor(options: MlflowMockOptions) {
    compatOf(options.actAs);
    const address = options.trackingUri ?? "http://localhost:5000";
    if (!/^https?:/iu.test(address) || !URL.canParse(address)) {
      throw new TypeError(
        `Cannot mock "${address}" as trackingUri must be an http(s) address such as "http://localhost:5000"`,
      );
    }
    this.trackingUri = new URL(address).href.replace(/\/+$/u, "");
    this.#options = options;
    this.#clock = options.clock ?? platformClock;
    this.#server = async (request) => (await this.#serve())(request);
    this.fetch = async (request) => {
      request.signal.throwIfAborted();
      return this.#answer(request).catch((error: unknown) => {
        throw error instanceof ConnectionDropped ? new TypeError("fetch failed", { cause: error }) : error;
      });
    };
    const isOurs = ({ request }: { request: Request }): boolean => this.#pathOf(request) !== undefined;
    this.handlers = [
      http.all(isOurs, ({ request }) =>
        this.#answer(request).catch((error: unknown) => {
          if (error instanceof ConnectionDropped) return HttpResponse.error();
          throw error;
        }),
      ),
    ];
  }

  async seed(experiments: SeedExperiment | readonly SeedExperiment[]): Promise<SeededExperiment[]> {
    const seeder = new Seeder(this.#server);
    const seeded: SeededExperiment[] = [];
    for (const experiment of [experiments].flat()) seeded.push(await seeder.experiment(experiment));
    return seeded;
  }

  async reset(): Promise<void> {
    this.faults.clear();
    this.requests.length = 0;
    this.#artifacts = undefined;
    this.#assembled = undefined;
    if (this.#database !== undefined) emptyDatabase(await this.#database);
  }

  async #answer(request: Request): Promise<Response> {
    const path = this.#pathOf(request) ?? `${new URL(request.url).pathname}${new URL(request.url).search}`;
    this.requests.push({ method: request.method, path });
    const own = moved(request, path);
    const fault = this.faults.strike(own);
    return fault === undefined ? this.#server(own) : suffer(fault, own, this.#server, this.#clock);
  }

  /** Path and query below the tracking URI; undefined for requests to somewhere else. */
  #pathOf(request: Request): string | undefined {
    const { url } = request;
    if (!url.startsWith(this.trackingUri)) return undefined;
    const rest = url.slice(this.trackingUri.length);
    return rest === "" || rest.startsWith("?") ? `/${rest}` : rest.startsWith("/") ? rest : undefined;
  }

  #serve(): Promise<Fetch> {
    this.#assembled ??= this.#assemble();
    return this.#assembled;
  }

  async #assemble(): Promise<Fetch> {
    const { database = defaultDatabase, actAs, artifacts, clock, random, security } = this.#options;
    this.#database ??= Promise.resolve(typeof database === "function" ? database() : database);
    this.#artifacts ??= artifacts ?? memoryArtifacts();
    const server = assembleServer(
      {
        database: await this.#database,
        artifacts: this.#artifacts,
        security: security ?? { allowedHosts: ["*"], corsAllowedOrigins: ["*"] },
        ...(clock === undefined ? {} : { clock }),
        ...(random === undefined ? {} : { random }),
      },
      compatOf(actAs),
    );
    return server.fetch;
  }
}

/** The same request below the root, where the server expects it. */
function moved(request: Request, path: string): Request {
  const url = new URL(path, request.url);
  if (url.href === request.url) return request;
  return new Request(url, {
    ...(request.body === null ? {} : { body: request.body, duplex: "half" }),
    method: request.method,
    headers: request.headers,
    signal: request.signal,
  } as RequestInit);
}
