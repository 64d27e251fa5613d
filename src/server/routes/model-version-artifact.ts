import { sendArtifact } from "../artifacts/send-artifact.ts";
import { joined, legal, storePath } from "../artifacts/stored-files.ts";
import type { ServerContext } from "../context.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { uriOf } from "../registry/uri.ts";
import { requireVersion } from "../registry/version-rows.ts";
import type { Route } from "../route.ts";

/** A file of a version of a registered model, which MLflow's web page asks for. */
export const modelVersionArtifactRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/model-versions/get-artifact",
    raw: async (context, request, _params, { searchParams }) => {
      const path = searchParams.get("path");
      if (!path) refuseValue("Missing value for required parameter 'path'");
      const within = legal(path);
      const { storageLocation, source } = requireVersion(
        context,
        searchParams.get("name") ?? "",
        searchParams.get("version") ?? "",
      );
      const target = joined(folderOf(context, storageLocation || (source ?? "")), within);
      const reply = await sendArtifact(context.artifacts, target, path.slice(path.lastIndexOf("/") + 1), request);
      return reply ?? refuseValue(`Artifact path refers to a directory, not a file: '${path}'`);
    },
  },
];

/** Where a version's files lie in the store; `runs:/id/path` lies in the folder of that run. */
function folderOf(context: ServerContext, location: string): string {
  const { scheme, path } = uriOf(location);
  if (scheme !== "runs") return storePath(context, location);
  const [runId = "", ...segments] = path.replace(/^\/+/, "").split("/");
  const run = context.db.prepare("SELECT artifact_uri FROM runs WHERE run_uuid = ?").get(runId);
  if (run === undefined) refuse("RESOURCE_DOES_NOT_EXIST", `Run with id=${runId.slice(0, 100)} not found`);
  return joined(storePath(context, String(run["artifact_uri"])), legal(segments.join("/")));
}
