import ky, { type KyInstance } from "ky";
import { getDotPath, safeParse } from "valibot";
import { AuthenticationError, type RequestFacts, TimeoutError } from "../errors/network-errors.ts";
import { TrackletError } from "../errors/tracklet-error.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";
import { type Query, toSearch } from "./address.ts";
import { Authorizer } from "./auth.ts";
import { rangeFault } from "./byte-range.ts";
import { checkConnection } from "./check-connection.ts";
import { pause, withDeadline } from "./deadline.ts";
import { explainNetworkFailure } from "./network-failure.ts";
import { NoAnswer } from "./no-answer.ts";
import { errorFromReply } from "./reply-error.ts";
import { parseObject, type ReplyWords, readReplyWords } from "./reply-text.ts";
import { parseRetryAfter, RetryPolicy } from "./retry-policy.ts";
import { sendUncopied } from "./send-uncopied.ts";
import { parseTrackingUri } from "./tracking-uri.ts";
import { unexpectedReply } from "./unexpected-reply.ts";
import type { Schema } from "./wire/entities.ts";
import type { CallOptions, ClientRuntime, Connection } from "./types/connection.ts";

/** One request of the API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the tracking URI, percent-encoded, without leading slash. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON; undefined members are left out. */
  readonly json?: object;
  /** Sent as it is. */
  readonly body?: string | Uint8Array<ArrayBuffer> | Blob;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes on when its page is gone. @default false */
  readonly keepalive?: boolean;
  /** True when sending it twice changes nothing more than sending it once. @default true for GET, PUT and DELETE */
  readonly idempotent?: boolean;
}

/** What reads an answer. */
type Reader<T> = (response: Response, request: RequestFacts) => Promise<T>;

const defaultTimeout = 120_000;

/** Bytes from which on a body must not be held in memory. */
const largeBody = 2 ** 20;

/** Milliseconds for finding out why there was no answer. */
const probeTime = 10_000;

/**
 * The way to one server: address, credentials, time-outs, retries, and the mapping of everything that can come back
 * to the errors of tracklet. The resource classes stand on it.
 */
export class Transport {
  /** Address of the server without user info and trailing slash. */
  readonly trackingUri: string;
  readonly #api: KyInstance;
  readonly #caching: Pick<RequestInit, "cache">;
  readonly #fetch: Fetch;
  readonly #auth: Authorizer;
  readonly #retries: RetryPolicy;
  readonly #runtime: ClientRuntime;
  readonly #timeout: number;
  readonly #workspace: string | undefined;
  #answered = false;

  /**
   * @param connection Where the server is and how to talk to it.
   * @param runtime Clock, chance and, where the connection names none, fetch.
   * @throws ConfigurationError when an option cannot work.
   */
  constructor(connection: Connection, runtime: ClientRuntime) {
    checkConnection(connection);
    const { base, userInfo } = parseTrackingUri(connection.trackingUri);
    const carrier = connection.fetch ?? runtime.fetch;
    if (carrier === undefined)
      throw new ConfigurationError("Cannot reach a server as nothing carries requests: pass fetch");
    this.trackingUri = base;
    // An object keeps its method: a service binding refuses a detached one.
    this.#fetch = typeof carrier === "function" ? carrier : (request) => carrier.fetch(request);
    this.#auth = new Authorizer(connection.auth ?? userInfo);
    this.#retries = new RetryPolicy(connection.retry, runtime.random);
    this.#runtime = runtime;
    this.#timeout = connection.timeout ?? defaultTimeout;
    this.#workspace = connection.workspace;
    // MLflow says nothing of caching: a browser would take a file that was overwritten since from its cache.
    this.#caching = runtime.name === "browser" ? { cache: "no-store" } : {};
    // Time-outs, retries and refusals are ours: ky's own would run on the platform's timers.
    this.#api = ky.create({
      prefix: base,
      fetch: (request) => this.#fetch(request as Request),
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
      ...this.#caching,
    });
  }

  /** Wall time in milliseconds, of the runtime that was handed in. */
  now(): number {
    return this.#runtime.clock.now();
  }

  /**
   * Sends a request and parses its JSON answer.
   *
   * @throws UnexpectedReplyError when a 2xx answer is not an object of that shape.
   */
  json<T>(request: ApiRequest, schema: Schema<T>, options?: CallOptions): Promise<T> {
    return this.#call(request, options, false, async (response, facts) => {
      const text = await response.text();
      const object = parseObject(text);
      if (object === undefined || "error_code" in object) throw unexpectedReply(response, this.#words(text), facts);
      const parsed = safeParse(schema, object, { abortEarly: true });
      if (parsed.success) return parsed.output;
      const [issue] = parsed.issues;
      const where = getDotPath(issue);
      throw unexpectedReply(
        response,
        this.#words(text),
        facts,
        `${where === null ? "" : `"${where}": `}${issue.message}`,
      );
    });
  }

  /** Sends a request and reads its answer as text. */
  text(request: ApiRequest, options?: CallOptions): Promise<string> {
    return this.#call(request, options, false, (response) => response.text());
  }

  /** Sends a request whose answer is an empty body, or `{}` before MLflow 3. */
  empty(request: ApiRequest, options?: CallOptions): Promise<void> {
    return this.#call(request, options, false, async (response, facts) => {
      const text = await response.text();
      if (text.trim() !== "" && parseObject(text) === undefined)
        throw unexpectedReply(response, this.#words(text), facts);
    });
  }

  /** Sends a request and gives its answer unread; the signal goes on to cancel the body. */
  stream(request: ApiRequest, options?: CallOptions): Promise<Response> {
    return this.#call(request, options, true, (response) => Promise.resolve(response));
  }

  async #call<T>(call: ApiRequest, options: CallOptions | undefined, streams: boolean, read: Reader<T>): Promise<T> {
    const release = this.#runtime.lifecycle?.keepAlive();
    try {
      return await this.#attempts(call, options, streams, read);
    } finally {
      release?.();
    }
  }

  async #attempts<T>(
    call: ApiRequest,
    options: CallOptions | undefined,
    streams: boolean,
    read: Reader<T>,
  ): Promise<T> {
    const { clock } = this.#runtime;
    const request: RequestFacts = { method: call.method, url: `${this.trackingUri}/${call.path}` };
    const ms = options?.timeout ?? this.#timeout;
    const signal = options?.signal;
    const expired = (): Error =>
      new TimeoutError(`Cannot ${request.method} ${request.url} as no answer came within ${ms} ms`, request);
    let renewed = false;
    for (let tries = 0; ; ) {
      try {
        return await withDeadline({ clock, ms, signal, expired, streams }, (limit) =>
          this.#try(call, request, limit, read),
        );
      } catch (error) {
        if (error instanceof AuthenticationError) {
          if (!this.#auth.renewable || renewed) throw error;
          renewed = true;
          continue;
        }
        const idempotent = call.idempotent ?? call.method !== "POST";
        const wait = options?.retry === false ? undefined : this.#retries.delay(error, tries, idempotent);
        if (wait === undefined) throw await this.#explain(error, request, signal);
        tries++;
        await pause(clock, wait, signal);
      }
    }
  }

  async #try<T>(call: ApiRequest, request: RequestFacts, signal: AbortSignal, read: Reader<T>): Promise<T> {
    const headers = await this.#auth.headers();
    for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name, value);
    if (this.#workspace !== undefined) headers.set("x-mlflow-workspace", this.#workspace);
    if (call.json !== undefined) headers.set("content-type", "application/json");
    // A string or bytes, never a stream: MLflow 3 reads JSON of unknown length as empty.
    const body = call.json === undefined ? call.body : JSON.stringify(call.json);
    const path = call.path + toSearch(call.query);
    let response: Response;
    try {
      const init = {
        method: call.method,
        headers,
        signal,
        ...(call.keepalive ? { keepalive: true } : {}),
        ...(body === undefined ? {} : { body }),
      };
      // Batches of points come as bytes. To these ky has nothing to add, and would take half as long as all the rest.
      const send = (more: RequestInit): Promise<Response> =>
        body instanceof Uint8Array || body instanceof Blob
          ? this.#fetch(new Request(`${this.trackingUri}/${path}`, { ...this.#caching, ...init, ...more }))
          : this.#api(path, init);
      const large = body instanceof Blob && body.size >= largeBody && this.#runtime.name === "node";
      response = await (large ? sendUncopied(send) : send({}));
      this.#answered = true;
      if (response.ok) return await read(response, request);
    } catch (error) {
      if (signal.aborted || error instanceof TrackletError) throw error;
      throw new NoAnswer(error, request);
    }
    const text = await response.text().catch(() => "");
    const retryAfter = parseRetryAfter(response.headers.get("retry-after"), this.now());
    const { range } = call.headers ?? {};
    const fault = range === undefined ? undefined : rangeFault(range, response.headers.get("content-range"));
    throw errorFromReply(response.status, this.#words(text), request, retryAfter, fault);
  }

  #words(text: string): ReplyWords {
    return readReplyWords(this.#auth.redact(text));
  }

  /** Only a page needs more than a sentence: a browser does not say whether the server refused its origin. */
  #explain(error: unknown, request: RequestFacts, signal: AbortSignal | undefined): Promise<unknown> {
    const { name, environment, clock } = this.#runtime;
    const page = name === "browser" && !this.#answered ? environment?.entry() : undefined;
    if (page === undefined || !(error instanceof NoAnswer) || signal?.aborted) return Promise.resolve(error);
    const deadline = { clock, ms: probeTime, signal, expired: () => error, streams: false };
    return withDeadline(deadline, (limit) => {
      const fetch = (probe: Request): Promise<Response> => this.#fetch(new Request(probe, { signal: limit }));
      return explainNetworkFailure({ request, cause: error.cause, base: this.trackingUri, page, fetch });
    }).catch(() => error);
  }
}
