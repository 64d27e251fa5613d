import { safeParse } from "valibot";
import { toSearch } from "../../../src/client/address.ts";
import { ArtifactsResource } from "../../../src/client/artifacts.ts";
import { ExperimentsResource } from "../../../src/client/experiments.ts";
import { LoggedModelsResource } from "../../../src/client/logged-models.ts";
import { MetricsResource } from "../../../src/client/metrics.ts";
import { NoAnswer } from "../../../src/client/no-answer.ts";
import { errorFromReply } from "../../../src/client/reply-error.ts";
import { parseObject, readReplyWords } from "../../../src/client/reply-text.ts";
import { RunsResource } from "../../../src/client/runs.ts";
import { ServerResource } from "../../../src/client/server.ts";
import { type ApiRequest, Transport } from "../../../src/client/transport.ts";
import type { CallOptions, ClientRuntime } from "../../../src/client/types/connection.ts";
import type { Schema } from "../../../src/client/wire/entities.ts";
import { type RequestFacts, TimeoutError, UnexpectedReplyError } from "../../../src/errors/network-errors.ts";
import type { DeliveryClient } from "../../../src/queue/send/delivery-client.ts";
import type { SimProcess } from "./process.ts";
import { requestKind } from "./request-kind.ts";
import type { TripReply } from "./trip.ts";

const BASE = "http://sim.test";

/**
 * The client's transport without ky, `Request` and `Response`, which are two thirds of the time of a seed: the resource
 * classes, the parsing of answers and the errors are the real ones. Some seeds go by the whole client.
 */
class LightTransport extends Transport {
  readonly #process: SimProcess;

  constructor(process: SimProcess, runtime: ClientRuntime) {
    super({ trackingUri: BASE, fetch: () => Promise.reject(new TypeError("fetch failed")) }, runtime);
    this.#process = process;
  }

  override async json<T>(request: ApiRequest, schema: Schema<T>, options?: CallOptions): Promise<T> {
    const { facts, text } = await this.#answer(request, options);
    const object = parseObject(text);
    if (object === undefined || "error_code" in object) throw unexpected(facts, text);
    const parsed = safeParse(schema, object, { abortEarly: true });
    if (parsed.success) return parsed.output;
    throw unexpected(facts, parsed.issues[0].message);
  }

  override async text(request: ApiRequest, options?: CallOptions): Promise<string> {
    return (await this.#answer(request, options)).text;
  }

  override async empty(request: ApiRequest, options?: CallOptions): Promise<void> {
    const { facts, text } = await this.#answer(request, options);
    if (text.trim() !== "" && parseObject(text) === undefined) throw unexpected(facts, text);
  }

  async #answer(
    { method, path, query, json, body }: ApiRequest,
    options: CallOptions | undefined,
  ): Promise<{ readonly facts: RequestFacts; readonly text: string }> {
    const facts = { method, url: `${BASE}/${path}` };
    const sent = json === undefined ? (body ?? "") : JSON.stringify(json);
    const bytes = sent instanceof Blob ? await this.#process.world.timeline.hold(sent.bytes()) : sent;
    // As a server reads them: uploads as they are, all else as text.
    const carried = typeof bytes === "string" || method === "PUT" ? bytes : new TextDecoder().decode(bytes);
    const wire = { method, path: `/${path}${query ? toSearch(query) : ""}`, body: carried };
    const { credentials, network, timeline, hits } = this.#process.world;
    const kind = requestKind(method, wire.path, typeof carried === "string" ? (parseObject(carried) ?? {}) : {});
    if (credentials.fails(kind, timeline.now, network.calm)) {
      hits.add(kind, "no credentials");
      throw await credentials.error();
    }
    const { status, text, after } = await this.#carry(wire, facts, options);
    if (status < 300) return { facts, text };
    throw errorFromReply(status, readReplyWords(text), facts, after === undefined ? undefined : after * 1_000);
  }

  #carry(
    wire: Parameters<SimProcess["world"]["network"]["send"]>[1],
    facts: RequestFacts,
    { signal, timeout: ms = 120_000 }: CallOptions = {},
  ): Promise<TripReply> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const over = (): void => {
        timer.cancel();
        signal?.removeEventListener("abort", abort);
      };
      const trip = this.#process.world.network.send(this.#process, wire, {
        answered(reply) {
          over();
          resolve(reply);
        },
        failed() {
          over();
          reject(new NoAnswer(new TypeError("fetch failed"), facts));
        },
      });
      const give = (reason: unknown): void => {
        over();
        trip.giveUp();
        reject(reason);
      };
      const abort = (): void => give(signal?.reason);
      const expired = `Cannot ${facts.method} ${facts.url} as no answer came within ${ms} ms`;
      const timer = this.#process.clock.after(ms, () => give(new TimeoutError(expired, facts)));
      signal?.addEventListener("abort", abort);
    });
  }
}

/** A client over the network of a world. */
export function lightClient(process: SimProcess, runtime: ClientRuntime): DeliveryClient {
  const transport = new LightTransport(process, runtime);
  return {
    experiments: new ExperimentsResource(transport),
    runs: new RunsResource(transport),
    metrics: new MetricsResource(transport),
    artifacts: new ArtifactsResource(transport),
    server: new ServerResource(transport),
    loggedModels: new LoggedModelsResource(transport),
  };
}

function unexpected(facts: RequestFacts, what: string): UnexpectedReplyError {
  const message = `Cannot ${facts.method} ${facts.url} as the 200 answer must be MLflow's JSON: current value is ${what}`;
  return new UnexpectedReplyError(message, facts);
}
