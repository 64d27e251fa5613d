import { describe, expect, test } from "vitest";
import { createClient } from "../../../src/client/index.ts";
import { createServer } from "../../../src/server/server.ts";
import { durableObjectDatabase } from "../../../src/sql/durable-object.ts";
import { edgeTools } from "../../edge/edge-tools.ts";

describe("a search on the embedded server in a Durable Object", () => {
  test("reads more runs than values can be bound, takes 90 conditions, and refuses 110 and long patterns with 400", async () => {
    const database = durableObjectDatabase((await edgeTools()).storage);
    const { fetch } = createServer({ database });
    const { runs } = createClient({ trackingUri: "http://localhost:5000", fetch });
    const names = Array.from({ length: 120 }, (_, n) => `run ${n}`);
    for (const name of names) await runs.create({ experimentId: "0", startTime: 1, name });
    const search = (filter: string) => runs.search({ experimentIds: ["0"], filter, maxResults: 1_000 });
    expect((await search("")).items).toHaveLength(120);
    const unequal = (count: number): string =>
      names
        .slice(0, count)
        .map((name) => `attributes.run_name != '${name}'`)
        .join(" AND ");
    expect((await search(unequal(90))).items).toHaveLength(30);
    await expect(search(unequal(110))).rejects.toMatchObject({ status: 400, errorCode: "INVALID_PARAMETER_VALUE" });
    const pattern = `attributes.run_name LIKE 'a${"%b".repeat(40)}'`;
    await expect(search(pattern)).rejects.toMatchObject({ status: 400 });
  });
});
