/**
 * What is not on the way of logging, in one piece: a page that asks for any of it makes one request more, not nine. All of
 * it needs the REST client, which is fetched beside it where it is not there already.
 */
export { paramRequest, sendRequest } from "./control/run-control.ts";
export { RequestWatch } from "./control/request-watch.ts";
export { connect } from "../queue/drain/loaded-late.ts";
export { checkAtOnce } from "./alerts/check-at-once.ts";
export { AlertWatch } from "./alerts/alert-watch.ts";
export { ArtifactLog } from "./artifact-log.ts";
export { compareRuns } from "./compare-runs.ts";
export { describeData } from "./dataset-data.ts";
export { downloadArtifacts } from "./download-artifacts.ts";
export { discardRun } from "./discard-run.ts";
export { endDelivered } from "./end-delivered.ts";
export { findOrStartRun } from "./find-or-start-run.ts";
export { getMetricHistories } from "./metric-histories.ts";
export { tellLeft } from "./process-end.ts";
export {
  discardQuarantine,
  exportQuarantine,
  listQuarantine,
  quarantineBody,
  retryQuarantine,
} from "./quarantine.ts";
export { getMetricHistory, getRun, listArtifacts, openArtifact, runUrl } from "./reads.ts";
export { runReceipt } from "./receipt.ts";
export { resumeRun } from "./resume-run.ts";
export { tagsOf } from "./resume-waiting.ts";
export { runTree } from "./run-tree.ts";
export { searchRuns } from "./search-runs.ts";
export { setExperiment } from "./set-experiment.ts";
export { SystemWatch } from "./system-metrics.ts";
