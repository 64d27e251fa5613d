import type { Table } from "./table.ts";
import { assessmentsTables } from "./tables/assessments.ts";
import { evaluationDatasetsTables } from "./tables/evaluation-datasets.ts";
import { gatewayTables } from "./tables/gateway.ts";
import { inputsTables } from "./tables/inputs.ts";
import { loggedModelsTables } from "./tables/logged-models.ts";
import { mcpTables } from "./tables/mcp.ts";
import { registryTables } from "./tables/registry.ts";
import { reviewsTables } from "./tables/reviews.ts";
import { rollupsTables } from "./tables/rollups.ts";
import { serviceTables } from "./tables/service.ts";
import { tracesTables } from "./tables/traces.ts";
import { trackingTables } from "./tables/tracking.ts";

/** A state of MLflow's schema, named by the head of its migrations. */
export interface Revision {
  readonly id: string;
  /** The MLflow release whose head it is. */
  readonly mlflow: string;
  readonly tables: readonly Table[];
}

/**
 * The revisions that are written and read, newest last; new files get the last one. To support another head, add the
 * tables it changes under `tables/` and an entry here that takes the others over from the entry before.
 */
export const revisions: readonly Revision[] = [
  {
    id: "dc11669786a5",
    mlflow: "3.17.2",
    tables: [
      ...trackingTables,
      ...inputsTables,
      ...loggedModelsTables,
      ...registryTables,
      ...tracesTables,
      ...assessmentsTables,
      ...evaluationDatasetsTables,
      ...reviewsTables,
      ...gatewayTables,
      ...mcpTables,
      ...serviceTables,
      ...rollupsTables,
    ],
  },
];
