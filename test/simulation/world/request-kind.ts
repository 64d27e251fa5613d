/** What a request is for; a row of the table of hits. */
export const REQUEST_KINDS = [
  "server info",
  "experiment by name",
  "create experiment",
  "get experiment",
  "create run",
  "get run",
  "search runs",
  "update run",
  "delete run",
  "metrics",
  "params",
  "tags",
  "set tag",
  "delete tag",
  "inputs",
  "history",
  "put artifact",
  "list artifacts",
  "create model",
  "get model",
  "search models",
  "finalize model",
  "delete model",
  "tag model",
  "list model files",
  "outputs",
  "server version",
  "empty batch",
  "search experiments",
] as const;

export type RequestKind = (typeof REQUEST_KINDS)[number];

const kinds: Readonly<Record<string, RequestKind>> = {
  "experiments/get-by-name": "experiment by name",
  "experiments/create": "create experiment",
  "experiments/get": "get experiment",
  "runs/create": "create run",
  "runs/get": "get run",
  "runs/search": "search runs",
  "runs/update": "update run",
  "runs/delete": "delete run",
  "runs/set-tag": "set tag",
  "runs/delete-tag": "delete tag",
  "runs/log-inputs": "inputs",
  "metrics/get-history": "history",
  "artifacts/list": "list artifacts",
  "runs/outputs": "outputs",
  "experiments/search": "search experiments",
};

const ofModels: Readonly<Record<string, RequestKind>> = {
  GET: "get model",
  PATCH: "finalize model",
  DELETE: "delete model",
};

const reads: ReadonlySet<RequestKind> = new Set<RequestKind>([
  "server info",
  "server version",
  "experiment by name",
  "get experiment",
  "search experiments",
  "get run",
  "search runs",
  "history",
  "list artifacts",
  "get model",
  "search models",
  "list model files",
]);

/** True for requests that change nothing. */
export function isRead(kind: RequestKind): boolean {
  return reads.has(kind);
}

export function requestKind(method: string, path: string, body: { readonly [member: string]: unknown }): RequestKind {
  if (path === "/version") return "server version";
  const name = path.slice("/api/2.0/mlflow/".length).split("?")[0]!;
  if (path.startsWith("/api/3.0/mlflow/server-info")) return "server info";
  if (path.startsWith("/api/2.0/mlflow-artifacts/")) return "put artifact";
  if (name === "runs/log-batch")
    return holds(body["params"])
      ? "params"
      : holds(body["tags"])
        ? "tags"
        : holds(body["metrics"])
          ? "metrics"
          : "empty batch";
  if (name.startsWith("logged-models")) {
    const [, id, below] = name.split("/");
    if (id === undefined) return "create model";
    if (id === "search") return "search models";
    return below === undefined ? ofModels[method]! : below === "tags" ? "tag model" : "list model files";
  }
  const kind = kinds[name];
  if (kind === undefined) throw new Error(`The simulator knows no request ${path}`);
  return kind;
}

function holds(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
