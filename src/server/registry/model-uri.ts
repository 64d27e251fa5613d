import type { ServerContext } from "../context.ts";
import { show } from "../fields.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { requireModel } from "./model-rows.ts";
import { promptTag } from "./prompts.ts";
import { stageOf } from "./stages.ts";
import { uriOf } from "./uri.ts";
import { versionByAlias } from "./version-by-alias.ts";
import { newestVersion, requireVersion, type VersionRow } from "./version-rows.ts";

/**
 * The version that `models:/name/1`, `models:/name/Production`, `models:/name/latest` or `models:/name@alias` names;
 * undefined for `models:/<id of a logged model>` and for everything that is no models: URI.
 */
export function versionOfUri(context: ServerContext, uri: string): VersionRow | undefined {
  const { scheme, authority, path } = uriOf(uri);
  if (scheme !== "models") return undefined;
  const [first = "", suffix, ...more] = path.replace(/^\/+/, "").split("/");
  if (authority !== "" || !path.startsWith("/") || first.trim() === "" || suffix?.trim() === "" || more.length > 0) {
    refuseValue(
      `Invalid model version source: ${show(uri)}. It must be models:/name/version, models:/name@alias or models:/id`,
    );
  }
  if (suffix === undefined && !first.includes("@")) return undefined;
  const at = suffix === undefined ? first.lastIndexOf("@") : first.length;
  const name = first.slice(0, at);
  requireModel(context, name);
  refusePrompt(context, name, uri);
  if (suffix === undefined) return versionByAlias(context, name, first.slice(at + 1));
  if (/^\d+$/.test(suffix)) return requireVersion(context, name, suffix);
  const stage = suffix.toLowerCase() === "latest" ? undefined : stageOf(suffix);
  return (
    newestVersion(context, name, stage) ??
    refuse(
      "RESOURCE_DOES_NOT_EXIST",
      `No versions of model with name ${show(name)}${stage ? ` and stage '${stage}'` : ""} found`,
    )
  );
}

function refusePrompt({ db }: ServerContext, name: string, uri: string): void {
  const tag = db
    .prepare("SELECT value FROM registered_model_tags WHERE workspace = 'default' AND name = ? AND key = ?")
    .get(name, promptTag);
  if (String(tag?.["value"] ?? "").toLowerCase() !== "true") return;
  refuseValue(`Invalid model version source: ${show(uri)}. Versions of prompts cannot be used as sources`);
}
