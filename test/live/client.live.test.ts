import { inject } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { clientSession } from "../client/support/client-session.ts";

clientSession("the client on a real MLflow server", async () => createClient({ trackingUri: inject("trackingUri") }));
