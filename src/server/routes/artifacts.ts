import { sendArtifact } from "../artifacts/send-artifact.ts";
import { filesIn, joined, legal, storePath } from "../artifacts/stored-files.ts";
import { refusedByStore, storeUpload } from "../artifacts/store-upload.ts";
import type { ServerContext } from "../context.ts";
import { list } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { jsonReply } from "../reply.ts";
import type { Route } from "../route.ts";

const proxy = "/api/2.0/mlflow-artifacts/artifacts";
/** Largest body of `upload-artifact`, which MLflow's web page uses. */
const largestPageUpload = 10 * 1024 * 1024;

/** Artifacts, by run and by the proxied path; bodies are streamed. Multipart and presigned transfers need a cloud store. */
export const artifactRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/2.0/mlflow/artifacts/list",
    raw: async (context, _request, _params, { searchParams }) => {
      const runId = searchParams.get("run_id") || searchParams.get("run_uuid");
      if (!runId)
        refuseValue(
          "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
        );
      const uri = artifactUriOf(context, runId);
      const within = legal(searchParams.get("path") ?? "");
      const files = uri ? await filesIn(context, joined(storePath(context, uri), within)) : [];
      const root = uri === null ? undefined : context.artifactRoot.toPublic(uri);
      return jsonReply({
        root_uri: root,
        files: list(files.map((file) => ({ ...file, path: joined(within, file.path) }))),
      });
    },
  },
  {
    method: "GET",
    path: proxy,
    raw: async (context, _request, _params, { searchParams }) =>
      jsonReply({ files: list(await filesIn(context, legal(searchParams.get("path") ?? ""))) }),
  },
  {
    method: "GET",
    path: `${proxy}/{path...}`,
    raw: async (context, request, { path = "" }) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const reply = await sendArtifact(context.artifacts, legal(path), name, request);
      return reply ?? detail(400, `Artifact path refers to a directory, not a file: '${path}'`);
    },
  },
  {
    method: "PUT",
    path: `${proxy}/{path...}`,
    raw: async (context, request, { path = "" }) => {
      if (path.includes("\n")) return detail(404, "Not Found");
      if (path.endsWith("/")) return noFileName();
      await storeUpload(context.artifacts, legal(path), request);
      return new Response(null);
    },
  },
  { method: "PUT", path: `${proxy}/`, raw: noFileName },
  {
    method: "DELETE",
    path: `${proxy}/{path...}`,
    raw: async (context, _request, { path = "" }) => {
      const target = legal(path);
      if (target === "") refuseValue("Invalid path");
      await refusedByStore(context.artifacts.delete(target));
      return jsonReply({});
    },
  },
  {
    method: "GET",
    path: "/get-artifact",
    raw: async (context, request, _params, { searchParams }) => {
      const path = searchParams.get("path");
      if (!path) refuseValue("Missing value for required parameter 'path'");
      const uri = artifactUriOf(context, searchParams.get("run_id") ?? searchParams.get("run_uuid"));
      const target = joined(storePath(context, uri ?? ""), legal(path));
      const reply = await sendArtifact(context.artifacts, target, path.slice(path.lastIndexOf("/") + 1), request);
      return reply ?? refuseValue(`Artifact path refers to a directory, not a file: '${target}'`);
    },
  },
  {
    method: "POST",
    path: "/ajax-api/2.0/mlflow/upload-artifact",
    raw: async (context, request, _params, { searchParams }) => {
      const runId = searchParams.get("run_uuid");
      const path = searchParams.get("path");
      if (!runId) refuseValue("Request must specify run_uuid.");
      if (!path) refuseValue("Request must specify path.");
      const target = joined(storePath(context, artifactUriOf(context, runId) ?? ""), legal(path));
      await storeUpload(context.artifacts, target, request, { least: 1, most: largestPageUpload });
      return new Response(null, { headers: { "content-type": "application/json" } });
    },
  },
  ...["create", "complete", "abort"].map(
    (step): Route => ({
      method: "POST",
      path: `/api/2.0/mlflow-artifacts/mpu/${step}/{path...}`,
      raw: () => refuse("NOT_IMPLEMENTED", "Multipart upload is not supported for the current artifact repository"),
    }),
  ),
  {
    method: "GET",
    path: "/api/2.0/mlflow-artifacts/presigned/{path...}",
    raw: () => refuse("NOT_IMPLEMENTED", "Multipart download is not supported for the current artifact repository"),
  },
  {
    method: "POST",
    path: "/api/2.0/mlflow/artifacts/presigned-upload-url",
    handle: (_context, { run_id: runId, model_id: modelId, path }) => {
      if (!runId === !modelId) refuseValue("Exactly one of run_id and model_id must be provided.");
      return refusePresigned("upload", path);
    },
  },
  {
    method: "POST",
    path: "/api/2.0/mlflow/artifacts/presigned-download-url",
    handle: (_context, { run_id: runId, path }) => {
      if (!runId)
        refuseValue(
          "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
        );
      return refusePresigned("download", path);
    },
  },
];

/** `artifact_uri` of a run as the database keeps it. */
function artifactUriOf({ db }: ServerContext, runId: string | null): string | null {
  const run = runId === null ? undefined : db.prepare("SELECT artifact_uri FROM runs WHERE run_uuid = ?").get(runId);
  if (run === undefined) refuse("RESOURCE_DOES_NOT_EXIST", `Run with id=${runId ?? "None"} not found`);
  return typeof run["artifact_uri"] === "string" ? run["artifact_uri"] : null;
}

function refusePresigned(kind: "upload" | "download", path: unknown): never {
  if (!path)
    refuseValue(
      "Missing value for required parameter 'path'. See the API docs for more information about request parameters.",
    );
  legal(String(path));
  refuseValue(
    `Presigned ${kind} is not supported for artifacts that this server stores itself: use the proxied routes`,
  );
}

/** The other error body of MLflow's artifact routes. */
function detail(status: number, text: string): Response {
  return jsonReply({ detail: text }, status);
}

function noFileName(): Response {
  return detail(400, "Artifact path must include a filename (cannot end with '/').");
}
