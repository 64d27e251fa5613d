/**
 * What is not on the way of logging, in one piece: a page that asks for any of it makes one request more, not nine.
 * Renderers of tables come later still, and the REST client with the first request.
 */
export { ArtifactLog } from "./artifact-log.ts";
export { downloadArtifacts } from "./download-artifacts.ts";
export { findOrStartRun } from "./find-or-start-run.ts";
export { getMetricHistory, getRun, listArtifacts, openArtifact, runUrl } from "./reads.ts";
export { runReceipt } from "./receipt.ts";
export { resumeRun } from "./resume-run.ts";
export { runTree } from "./run-tree.ts";
export { searchRuns } from "./search-runs.ts";
export { setExperiment } from "./set-experiment.ts";
