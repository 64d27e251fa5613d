import { sendArtifact } from "../artifacts/send-artifact.ts";
import { filesIn, joined, legal, storePath } from "../artifacts/stored-files.ts";
import type { ServerContext } from "../context.ts";
import { list } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { jsonReply } from "../reply.ts";
import type { Route } from "../route.ts";
import { requireLoggedModel } from "../tracking/logged-model-rows.ts";

/** Files of logged models. They are written through the proxied path, as `artifact_uri` of the model says. */
export const loggedModelArtifactRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/2.0/mlflow/logged-models/{model_id}/artifacts/directories",
    since: 3,
    raw: async (context, _request, { model_id: id = "" }, { searchParams }) => {
      const uri = artifactUriOf(context, id);
      const within = legal(searchParams.get("artifact_directory_path") ?? "");
      const files = await filesIn(context, joined(storePath(context, uri), within));
      return jsonReply({
        root_uri: context.artifactRoot.toPublic(uri),
        files: list(files.map((file) => ({ ...file, path: joined(within, file.path) }))),
      });
    },
  },
  {
    method: "GET",
    path: "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files",
    since: 3,
    raw: async (context, request, { model_id: id = "" }, { searchParams }) => {
      const path = searchParams.get("artifact_file_path");
      if (!path) refuse("BAD_REQUEST", 'Request must include the "artifact_file_path" query parameter.');
      const target = joined(storePath(context, artifactUriOf(context, id)), legal(path));
      const reply = await sendArtifact(context.artifacts, target, path.slice(path.lastIndexOf("/") + 1), request);
      return reply ?? refuseValue(`Artifact path refers to a directory, not a file: '${target}'`);
    },
  },
];

/** `artifact_location` of a model as the database keeps it. */
function artifactUriOf(context: ServerContext, id: string): string {
  return String(requireLoggedModel(context, id)["artifact_location"]);
}
