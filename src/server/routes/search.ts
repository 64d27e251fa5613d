import type { Route } from "../route.ts";
import { searchExperiments } from "../search/search-experiments.ts";
import { searchRuns } from "../search/search-runs.ts";

/** Searches of runs and experiments. */
export const searchRoutes: readonly Route[] = [
  { method: "POST", path: "/api/2.0/mlflow/runs/search", handle: searchRuns },
  { method: "POST", path: "/api/2.0/mlflow/experiments/search", handle: searchExperiments },
  { method: "GET", path: "/api/2.0/mlflow/experiments/search", lists: ["order_by"], handle: searchExperiments },
];
