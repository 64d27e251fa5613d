import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testServer } from "../support/test-server.ts";
import { fileSuite } from "./suite/files.ts";

fileSuite(testServer, mkdtempSync(join(tmpdir(), "tracklet-files-")));
