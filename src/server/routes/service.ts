import { textReply } from "../reply.ts";
import type { Route } from "../route.ts";
import { frontPage } from "./front-page.ts";

/** What a client asks to learn whom it talks to. */
export const serviceRoutes: readonly Route[] = [
  frontPage,
  { method: "GET", path: "/health", raw: () => textReply("OK") },
  // MLflow labels the bare version text as HTML.
  { method: "GET", path: "/version", raw: ({ compat }) => textReply(compat.version, 200, "text/html; charset=utf-8") },
  {
    method: "GET",
    path: "/api/3.0/mlflow/server-info",
    since: 3,
    handle: () => ({
      store_type: "SqlStore",
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
      presigned_upload_run_id_supported: true,
      presigned_upload_model_id_supported: true,
      features_enabled: { gateway: false },
    }),
  },
];
