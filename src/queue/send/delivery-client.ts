import type { LoggedModelsResource } from "../../client/logged-models.ts";
import type { Transport } from "../../client/transport.ts";
import type { ModelOutput } from "../../client/types/logged-models.ts";
import type { CallOptions } from "../../client/types/connection.ts";
import type {
  DatasetInput,
  Experiment,
  FileInfo,
  LogBatch,
  MetricPoint,
  RunData,
} from "../../client/types/entities.ts";
import type { NewRunRequest, RunUpdate } from "../../client/types/requests.ts";

/** What the queue needs of the REST client; the resource classes of `src/client` have it. */
export interface DeliveryClient {
  readonly experiments: {
    getByName(name: string, options?: CallOptions): Promise<Experiment | undefined>;
    create(experiment: { readonly name: string }, options?: CallOptions): Promise<string>;
    get(experimentId: string, options?: CallOptions): Promise<Experiment>;
    search(query: { readonly maxResults: number }, options?: CallOptions): PromiseLike<unknown>;
  };
  readonly runs: {
    create(run: NewRunRequest, options?: CallOptions): Promise<RunData>;
    get(runId: string, options?: CallOptions): Promise<RunData>;
    update(runId: string, change: RunUpdate, options?: CallOptions): Promise<unknown>;
    delete(runId: string, options?: CallOptions): Promise<void>;
    search(
      query: { readonly experimentIds: readonly string[]; readonly filter: string; readonly view: "all" },
      options?: CallOptions,
    ): AsyncIterable<RunData>;
    setTag(runId: string, key: string, value: string, options?: CallOptions): Promise<void>;
    deleteTag(runId: string, key: string, options?: CallOptions): Promise<void>;
    logBatch(batch: LogBatch, options?: CallOptions): Promise<void>;
    logBatchBody(
      body: Uint8Array<ArrayBuffer>,
      options?: CallOptions & { readonly keepalive?: boolean },
    ): Promise<void>;
    logInputs(runId: string, inputs: readonly DatasetInput[], options?: CallOptions): Promise<void>;
    logOutputs(runId: string, outputs: readonly ModelOutput[], options?: CallOptions): Promise<void>;
  };
  readonly metrics: {
    history(query: { readonly runId: string; readonly key: string }, options?: CallOptions): AsyncIterable<MetricPoint>;
  };
  readonly server: {
    version(options?: CallOptions): Promise<string>;
    info(options?: CallOptions): Promise<{ readonly storeType: string | undefined } | undefined>;
  };
  /** Logged models; or what they are asked for by, as few need their code. */
  readonly loggedModels?: LoggedModelsResource;
  readonly transport?: Transport;
  /** To be called right before each request of `loggedModels` that changes something. */
  readonly check?: () => Promise<void>;
  readonly artifacts: {
    list(runId: string, path?: string, options?: CallOptions): Promise<readonly FileInfo[]>;
    upload(
      runId: string,
      path: string,
      body: Blob,
      options?: CallOptions & { readonly artifactUri?: string },
    ): Promise<void>;
  };
}
