import type { DeliveryClient } from "./delivery-client.ts";
import { ofStorage } from "./storage-trouble.ts";

/** A client whose requests that change something are sent only after `check` has resolved; what only reads is not held. */
export function guardedClient(client: DeliveryClient, check: () => Promise<void>): DeliveryClient {
  const { experiments, runs, metrics, artifacts, server, loggedModels, transport } = client;
  const checked =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await ofStorage(check());
      return write(...args);
    };
  return {
    experiments: {
      getByName: (...args) => experiments.getByName(...args),
      create: checked((...args) => experiments.create(...args)),
      get: (...args) => experiments.get(...args),
      search: (...args) => experiments.search(...args),
    },
    runs: {
      create: checked((...args) => runs.create(...args)),
      get: (...args) => runs.get(...args),
      update: checked((...args) => runs.update(...args)),
      delete: checked((...args) => runs.delete(...args)),
      search: (...args) => runs.search(...args),
      setTag: checked((...args) => runs.setTag(...args)),
      deleteTag: checked((...args) => runs.deleteTag(...args)),
      logBatch: checked((...args) => runs.logBatch(...args)),
      logBatchBody: checked((...args) => runs.logBatchBody(...args)),
      logInputs: checked((...args) => runs.logInputs(...args)),
      logOutputs: checked((...args) => runs.logOutputs(...args)),
    },
    metrics: { history: (...args) => metrics.history(...args) },
    ...(loggedModels && { loggedModels }),
    ...(transport && { transport }),
    check: () => ofStorage(check()),
    server: { info: (...args) => server.info(...args), version: (...args) => server.version(...args) },
    artifacts: {
      list: (...args) => artifacts.list(...args),
      upload: checked((...args) => artifacts.upload(...args)),
    },
  };
}
