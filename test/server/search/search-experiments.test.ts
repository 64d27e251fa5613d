import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SearchServer, searchServer } from "./search-server.ts";

let server: SearchServer;
beforeEach(async () => {
  server = await searchServer();
  await server.post("experiments/create", { name: "Alpha", tags: [{ key: "team", value: "x" }] });
  await server.post("experiments/create", { name: "beta", tags: [{ key: "team", value: "y" }] });
});
afterEach(() => server.close());

async function names(fields: object): Promise<string[] | number> {
  const { status, body } = await server.post("experiments/search", { max_results: 100, ...fields });
  return status === 200 ? ((body["experiments"] ?? []) as { name: string }[]).map(({ name }) => name) : status;
}

describe("experiments/search", () => {
  test("filters by name, tag and id", async () => {
    expect(await names({ filter: "name LIKE 'A%'" })).toEqual(["Alpha"]);
    expect(await names({ filter: "attribute.name ILIKE 'B%'" })).toEqual(["beta"]);
    expect(await names({ filter: "tags.team != 'x'" })).toEqual(["beta"]);
    expect(await names({ filter: "tags.team IS NULL", order_by: ["name"] })).toEqual(["Default", "searched"]);
    expect(await names({ filter: `experiment_id IN ('0', '${server.experimentId}')`, order_by: ["name"] })).toEqual([
      "Default",
      "searched",
    ]);
  });

  test("orders by code point, and needs max_results", async () => {
    expect(await names({ order_by: ["name DESC"] })).toEqual(["searched", "beta", "Default", "Alpha"]);
    expect(await names({ max_results: undefined })).toBe(400);
    expect(await names({ max_results: 50_001 })).toBe(400);
  });

  test("refuses what experiments cannot be searched by", async () => {
    for (const filter of [
      "metrics.a > 1",
      "attr.name = 'x'",
      "experiment_id > '0'",
      "name IN ('Alpha')",
      "creation_time > '5'",
    ]) {
      expect([filter, await names({ filter })]).toEqual([filter, 400]);
    }
    expect(await names({ order_by: ["tags.team"] })).toBe(400);
  });

  test("shows deleted experiments in the views that ask for them", async () => {
    await server.post("experiments/delete", { experiment_id: server.experimentId });
    expect(await names({ view_type: "DELETED_ONLY" })).toEqual(["searched"]);
    expect(await names({ filter: "name = 'searched'" })).toEqual([]);
    expect(await names({ filter: "name = 'searched'", view_type: 3 })).toEqual(["searched"]);
  });
});
