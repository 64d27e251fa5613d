import type { ServerContext } from "../context.ts";
import { show } from "../fields.ts";
import { refuseValue } from "../refusal.ts";
import { decodeFully, isWithin, type Uri, uriOf } from "./uri.ts";

/** Schemes by which a server would reach the host that the URI names; those of one family are one protocol. */
const families: ReadonlyMap<string, string> = new Map([
  ["ftp", "ftp"],
  ["sftp", "sftp"],
  ["hdfs", "hdfs"],
  ["viewfs", "hdfs"],
  ["http", "http"],
  ["https", "http"],
  ["mlflow-artifacts", "http"],
  ["r2", "r2"],
  ["b2", "b2"],
  ["abfss", "abfss"],
]);

/** What a source must lie in: the run or the logged model that the request names. */
export interface SourceOwner {
  /** The field that names it. */
  readonly field: "run_id" | "model_id";
  readonly id: string;
  /** Where its artifacts lie, as clients are told; undefined when there is no such run or model. */
  readonly location: string | undefined;
}

/** Refuses a source on a host of the client's choice, unless the server's own artifacts lie there. */
export function checkHost({ artifactRoot }: ServerContext, source: string): void {
  const { scheme, authority } = uriOf(source);
  const family = families.get(scheme);
  if (family === undefined || (scheme === "mlflow-artifacts" && authority === "")) return;
  const own = uriOf(artifactRoot.locationOf("0"));
  if (families.get(own.scheme) === family && hostOf(own.authority) === hostOf(authority)) return;
  refuseValue(
    `'source' cannot use the '${scheme}' scheme as it names a host other than that of the server's own artifacts: current value is ${show(source)}`,
  );
}

/** What stands in front of "@" is a bucket or a user. */
function hostOf(authority: string): string {
  return authority.slice(authority.lastIndexOf("@") + 1).toLowerCase();
}

/**
 * Refuses a source that does not belong to the run or logged model of the request, so that nobody can read what lies
 * elsewhere on the server by registering it. Cloud storage and other versions are taken as they are.
 */
export function checkOwner(source: string, owner: SourceOwner): void {
  const uri = uriOf(source);
  if (uri.scheme === "" || uri.scheme === "file") checkLocal(source, uri, owner);
  else checkAbsolute(source);
  if (uri.scheme === "runs" && !isOwnRun(uri, owner)) refuseOwner(source, "run_id");
  // The id of a logged model: `models:/name/1` has been looked up already.
  const ownModel = owner.field === "model_id" && uri.path === `/${owner.id}`;
  if (uri.scheme === "models" && !ownModel) refuseOwner(source, "model_id");
  if (isProxied(uri) && !isInside(source, owner)) refuseOwner(source, owner.field);
}

function isOwnRun({ authority, path }: Uri, { field, id }: SourceOwner): boolean {
  return authority === "" && field === "run_id" && id !== "" && path.slice(1).split("/")[0] === id;
}

function isInside(source: string, { location }: SourceOwner): boolean {
  return location !== undefined && isWithin(source, location);
}

/** The artifacts that the server keeps itself, by MLflow's scheme or by their address. */
function isProxied({ scheme, path }: Uri): boolean {
  if (scheme === "mlflow-artifacts") return true;
  return /^https?$/.test(scheme) && `${decodeFully(path)}/`.includes("/api/2.0/mlflow-artifacts/artifacts/");
}

function checkLocal(source: string, { authority, path }: Uri, { field, location = "" }: SourceOwner): void {
  const root = uriOf(location);
  const local = root.scheme === "" || root.scheme === "file";
  const near = /^(?:\.?$|localhost|127\.0\.0\.1)/i.test(authority);
  if (local && near && isSteady(decodeFully(path)) && isWithin(path, root.path)) return;
  refuseValue(
    `Invalid model version source: ${show(source)}. A local path must lie in the artifact folder of the run or model that ${field} names`,
  );
}

/** Refuses what could lead to another place once it is resolved. */
function checkAbsolute(source: string): void {
  const text = decodeFully(source.replaceAll("+", " "));
  if (text !== undefined && isSteady(uriOf(text).path) && !text.split("/").includes("..")) return;
  refuseValue(
    `Invalid model version source: ${show(source)}. It must be an absolute path without relative references such as ".."`,
  );
}

/** True for a path from the root that stays the same when it is resolved. */
function isSteady(path: string | undefined): boolean {
  if (path === undefined || !/^\/+[^/]/.test(path) || path.includes("\0")) return false;
  return path.split("/").every((segment) => segment !== "." && segment !== "..");
}

function refuseOwner(source: string, field: "run_id" | "model_id"): never {
  refuseValue(
    `Invalid model version source: ${show(source)}. The ${field} request parameter must identify the resource that contains the source`,
  );
}
