import type { CallOptions } from "../../client/types/connection.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import type { Patience } from "./patience.ts";
import { ofStorage } from "./storage-trouble.ts";

/**
 * A client whose requests that change something are sent only after `check` has resolved; what only reads is not held.
 * All but uploads, which may take long while all goes well, and what is done by `loggedModels` end with `patience`.
 */
export function guardedClient(
  client: DeliveryClient,
  check: () => Promise<void>,
  patience: Patience | undefined,
): DeliveryClient {
  const { experiments, runs, metrics, artifacts, server, loggedModels, transport } = client;
  const read =
    <A extends unknown[], R>(send: (...args: A) => PromiseLike<R>) =>
    async (...args: A): Promise<R> => {
      const over = patience?.begin();
      try {
        return await send(...limited(args, patience));
      } finally {
        over?.();
      }
    };
  const pages = <A extends unknown[], R>(list: (...args: A) => AsyncIterable<R>) =>
    async function* (...args: A): AsyncGenerator<R, void, undefined> {
      const over = patience?.begin();
      try {
        yield* list(...limited(args, patience));
      } finally {
        over?.();
      }
    };
  const checked =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await ofStorage(check());
      return write(...args);
    };
  const write = <A extends unknown[], R>(send: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) =>
    checked(patience ? read(send) : send);
  return {
    experiments: {
      getByName: read((...args) => experiments.getByName(...args)),
      create: write((...args) => experiments.create(...args)),
      get: read((...args) => experiments.get(...args)),
      search: read((...args) => experiments.search(...args)),
    },
    runs: {
      create: write((...args) => runs.create(...args)),
      get: read((...args) => runs.get(...args)),
      update: write((...args) => runs.update(...args)),
      delete: write((...args) => runs.delete(...args)),
      search: pages((...args) => runs.search(...args)),
      setTag: write((...args) => runs.setTag(...args)),
      deleteTag: write((...args) => runs.deleteTag(...args)),
      logBatch: write((...args) => runs.logBatch(...args)),
      logBatchBody: write((...args) => runs.logBatchBody(...args)),
      logInputs: write((...args) => runs.logInputs(...args)),
      logOutputs: write((...args) => runs.logOutputs(...args)),
    },
    metrics: { history: pages((...args) => metrics.history(...args)) },
    ...(loggedModels && { loggedModels }),
    ...(transport && { transport }),
    check: () => ofStorage(check()),
    server: { info: read((...args) => server.info(...args)), version: read((...args) => server.version(...args)) },
    artifacts: {
      list: read((...args) => artifacts.list(...args)),
      upload: checked((...args) => artifacts.upload(...args)),
    },
  };
}

/** Arguments of which the last one, the options of a call, may end sooner. */
function limited<A extends unknown[]>(args: A, patience: Patience | undefined): A {
  const options = args.at(-1) as CallOptions | undefined;
  if (!patience || options?.signal === undefined) return args;
  return [...args.slice(0, -1), patience.limit(options)] as A;
}
