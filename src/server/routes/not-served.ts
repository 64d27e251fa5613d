/**
 * Routes that MLflow has and this server does not serve yet, by what they start with. They answer 501, so that a
 * client can tell "not here" from "no such thing".
 */
const notServed: readonly RegExp[] = [
  /^\/(?:ajax-)?api\/2\.0\/mlflow\/(?:databricks|traces|webhooks|unified-traces|get-online-trace-details)(?:\/|$)/,
  /^\/(?:ajax-)?api\/3\.0\/mlflow\/(?:traces|datasets|webhooks|scorers|issues|label-schemas|review-queues|gateway|prompt-optimization|workspaces|mcp-servers|mcp|assessments)(?:\/|$)/,
  /^\/ajax-api\/2\.0\/mlflow\/(?:gateway-proxy|scorers|jobs)(?:\/|$)/,
  /^\/(?:ajax-)?api\/3\.0\/jobs(?:\/|$)/,
  /^\/graphql$/,
  /^\/v1\/(?:traces|metrics)$/,
];

/** True when MLflow answers this path with something that is not here yet. */
export function isNotServed(path: string): boolean {
  return notServed.some((pattern) => pattern.test(path));
}
