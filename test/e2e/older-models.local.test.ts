import { createMlflowMock } from "../../mocks/index.ts";
import { modelSuite } from "./suite/models.ts";

modelSuite(
  async () => {
    const mock = createMlflowMock({ actAs: "2.22" });
    return { trackingUri: "http://localhost:5000", fetch: mock.fetch, close: () => {} };
  },
  { release2: true },
);
