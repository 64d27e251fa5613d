export { loadExperiments } from "./load-experiments.ts";
export { loadRuns, runInfo } from "./load-runs.ts";
export { searchExperiments } from "./search-experiments.ts";
export { searchRuns } from "./search-runs.ts";
