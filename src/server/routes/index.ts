import type { Route } from "../route.ts";
import { artifactRoutes } from "./artifacts.ts";
import { experimentTagRoutes } from "./experiment-tags.ts";
import { experimentRoutes } from "./experiments.ts";
import { inputRoutes } from "./inputs.ts";
import { logBatchRoutes } from "./log-batch.ts";
import { logModelRoutes } from "./log-model.ts";
import { loggedModelArtifactRoutes } from "./logged-model-artifacts.ts";
import { loggedModelRoutes } from "./logged-models.ts";
import { modelVersionArtifactRoutes } from "./model-version-artifact.ts";
import { modelVersionTagRoutes } from "./model-version-tags.ts";
import { modelVersionRoutes } from "./model-versions.ts";
import { metricHistoryRoutes } from "./metric-history.ts";
import { registeredModelTagRoutes } from "./registered-model-tags.ts";
import { registeredModelRoutes } from "./registered-models.ts";
import { runTagRoutes } from "./run-tags.ts";
import { runRoutes } from "./runs.ts";
import { searchRoutes } from "./search.ts";
import { serviceRoutes } from "./service.ts";

/** Everything this server answers. */
export const routes: readonly Route[] = [
  ...serviceRoutes,
  ...experimentRoutes,
  ...experimentTagRoutes,
  ...runRoutes,
  ...runTagRoutes,
  ...logBatchRoutes,
  ...metricHistoryRoutes,
  ...inputRoutes,
  ...logModelRoutes,
  ...loggedModelRoutes,
  ...loggedModelArtifactRoutes,
  ...registeredModelRoutes,
  ...registeredModelTagRoutes,
  ...modelVersionRoutes,
  ...modelVersionTagRoutes,
  ...modelVersionArtifactRoutes,
  ...searchRoutes,
  ...artifactRoutes,
];
