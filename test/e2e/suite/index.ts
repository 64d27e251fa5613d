import { artifactSuite } from "./artifacts.ts";
import { hierarchySuite } from "./hierarchy.ts";
import { lessonSuite } from "./lesson.ts";
import { loggingSuite } from "./logging.ts";
import { modelSuite } from "./models.ts";
import { recorderSuite } from "./recorder.ts";
import { readingSuite } from "./reading.ts";
import { runSuite } from "./runs.ts";
import type { CreateTarget, ServerFaults } from "./target.ts";
import { tableSuite } from "./tables.ts";

export type { CreateTarget, ServerFaults, Target } from "./target.ts";

/** All that a tracker does on a server, the same for the embedded one, for `tracklet server` and for real MLflow. */
export function trackerSuite(createTarget: CreateTarget, faults: ServerFaults = {}): void {
  runSuite(createTarget);
  loggingSuite(createTarget);
  artifactSuite(createTarget, faults);
  tableSuite(createTarget);
  modelSuite(createTarget, faults);
  recorderSuite(createTarget, faults);
  readingSuite(createTarget);
  hierarchySuite(createTarget);
  lessonSuite(createTarget);
}
