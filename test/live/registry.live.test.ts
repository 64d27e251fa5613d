import { inject } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { registrySession } from "../client/support/registry-session.ts";

registrySession("the client on the model registry of a real MLflow", async () =>
  createClient({ trackingUri: inject("trackingUri") }),
);
