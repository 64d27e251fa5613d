import { vi } from "vitest";
import { testServer } from "../support/test-server.ts";
import { trackerSuite } from "./suite/index.ts";

// What an earlier process sent is given some seconds to arrive before its run is written to.
vi.setConfig({ testTimeout: 30_000 });

trackerSuite(testServer);
