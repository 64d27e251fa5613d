import { testServer } from "../support/test-server.ts";
import { trackerSuite } from "./suite/index.ts";

trackerSuite(testServer);
