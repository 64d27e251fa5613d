/**
 * Experiment tracking in Cloudflare Workers: a tracker for each request, a Durable Object that sends what requests could
 * not, and an MLflow server in a Durable Object.
 *
 * @example
 * ```ts no-run
 * import { openTracker } from "tracklet/workers";
 *
 * export default {
 *   async fetch(request: Request, env: object, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
 *     const tracker = openTracker({ env, experiment: "requests" }, ctx);
 *     return tracker.withRun(async (run) => {
 *       run.logMetric("bytes", (await request.arrayBuffer()).byteLength);
 *       return new Response("thank you");
 *     });
 *   },
 * };
 * ```
 *
 * @module
 */
export { openTracker, type OpenTrackerOptions, resend } from "./open-workers-tracker.ts";
export type { ObjectNamespace } from "./object-namespace.ts";
export type { Undelivered } from "./undelivered.ts";
export { type QueueObjectStorage, TrackletQueue, type TrackletQueueOptions } from "./tracklet-queue.ts";
export { TrackletServer } from "./tracklet-server.ts";
export { type DurableObjectQueueOptions, durableObjectQueue } from "../queue/storage/durable-object.ts";
export { r2Artifacts, type R2ArtifactsOptions } from "../server/artifacts/r2.ts";
export type { R2Bucket, R2Entry, R2Upload } from "../server/artifacts/r2-write.ts";
export { type DurableObjectSqlStorage, durableObjectDatabase } from "../sql/durable-object.ts";
