import { parseTrackingUri } from "../client/tracking-uri.ts";
import type { Auth } from "../client/types/connection.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { NewRun } from "../queue/types.ts";
import type { Environment } from "../runtime/ports/environment.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { experimentName } from "./experiment-name.ts";
import type { TrackerOptions } from "./types/tracker-options.ts";

/** Options and MLflow's environment variables, joined: options win. */
export interface Settings {
  readonly trackingUri: string;
  readonly auth: Auth | undefined;
  readonly workspace: string | undefined;
  readonly experiment: NewRun["experiment"];
  /** Milliseconds for one try of a request. */
  readonly timeout: number | undefined;
  /** Tries of a reading request after the first one. */
  readonly retries: number | undefined;
}

/** Reads options and environment. @throws ConfigurationError with the cure. */
export function resolveSettings(options: TrackerOptions, environment: Environment, place: RuntimeName): Settings {
  const variable = (name: string): string | undefined => environment.get(`MLFLOW_${name}`) || undefined;
  const address = options.trackingUri ?? variable("TRACKING_URI");
  if (!address) {
    const entry = place === "browser" || place === "workerd" ? "browser" : "local";
    const unread = environment.readable("MLFLOW_TRACKING_URI")
      ? ""
      : " (Deno reads it with --allow-env=MLFLOW_TRACKING_URI)";
    throw new ConfigurationError(
      `Cannot create a tracker without a server: pass trackingUri or set MLFLOW_TRACKING_URI${unread}, or track without one: import { openTracker } from "tracklet/${entry}"`,
    );
  }
  const { base, userInfo } = parseTrackingUri(address);
  return {
    trackingUri: base,
    auth: options.auth ?? userInfo ?? variableAuth(variable),
    workspace: options.workspace ?? variable("WORKSPACE"),
    experiment: initialExperiment(options.experiment, variable),
    timeout: options.delivery?.requestTimeout ?? amount(variable("HTTP_REQUEST_TIMEOUT"), 1000),
    retries: amount(variable("HTTP_REQUEST_MAX_RETRIES"), 1),
  };
}

type Variable = (name: string) => string | undefined;

function variableAuth(variable: Variable): Auth | undefined {
  const username = variable("TRACKING_USERNAME");
  const password = variable("TRACKING_PASSWORD");
  const token = variable("TRACKING_TOKEN");
  if (username !== undefined && password !== undefined) return { username, password };
  return token === undefined ? undefined : { token };
}

function initialExperiment(name: string | undefined, variable: Variable): Settings["experiment"] {
  const text = name ?? variable("EXPERIMENT_NAME");
  const id = variable("EXPERIMENT_ID");
  return text === undefined && id !== undefined ? { id } : { name: experimentName(text ?? "Default") };
}

function amount(text: string | undefined, factor: number): number | undefined {
  const value = Number(text);
  return text !== undefined && value >= 0 && Number.isFinite(value) ? value * factor : undefined;
}
