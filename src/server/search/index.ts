export { loadExperiments } from "./load-experiments.ts";
export { loadRuns, runInfo } from "./load-runs.ts";
