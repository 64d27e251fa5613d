/**
 * The entry `tracklet` as bundlers take it for pages and edge functions (condition `browser` of package.json): the same
 * names, without the code of Node, Deno and Bun.
 *
 * @module
 */
export { createTracker } from "./tracker/create-web-tracker.ts";
export * from "./everywhere.ts";
