import { existsSync } from "node:fs";
import process from "node:process";
import type { Tracker } from "tracklet";
import { createClient } from "tracklet/client";

/** Where runs are kept, for people. */
export interface Store {
  readonly text: string;
  readonly isServer: boolean;
}

/** Looks whether the file is there before the tracker makes it. */
export function describeStore(): (tracker: Tracker) => Promise<Store> {
  const uri = process.env["MLFLOW_TRACKING_URI"] ?? "";
  const isNew = !existsSync("mlflow.db");
  return async (tracker) => {
    if (uri === "") return { text: `./mlflow.db${isNew ? " (new)" : ""}, artifacts in ./mlruns`, isServer: false };
    if (uri.startsWith("sqlite:")) return { text: uri, isServer: false };
    const version = await createClient(tracker).server.version();
    return { text: `${tracker.connection.trackingUri} (MLflow ${version})`, isServer: true };
  };
}
