import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { fileSuite } from "../e2e/suite/files.ts";
import { type Target, trackerSuite } from "../e2e/suite/index.ts";

const createTarget = async (): Promise<Target> => ({ trackingUri: inject("trackingUri"), close: () => {} });

const release2 = inject("mlflowVersion").startsWith("2.");

trackerSuite(createTarget, { asciiNamesOnly: release2, release2 });
fileSuite(createTarget, mkdtempSync(join(tmpdir(), "tracklet-live-files-")));
