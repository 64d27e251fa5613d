import type { FakeServer } from "./fake-server.ts";

/** The first request that arrived: method, path, and what it asks for. */
export function sent({ seen }: FakeServer): unknown[] {
  const [{ method, path, query, text } = { method: "", path: "", query: {}, text: "" }] = seen;
  return [method, path, text === "" ? query : JSON.parse(text)];
}
