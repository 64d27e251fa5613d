import { describe, expect, test } from "vitest";
import { syncWords } from "../../src/cli/sync-words.ts";
import { createClient } from "../../src/client/index.ts";
import type { Problem } from "../../src/queue/types.ts";
import { rejection } from "../client/support/fake-server.ts";

const url = "http://mlflow.example";

async function problemOf(answer: () => Response): Promise<Problem> {
  const { runs } = createClient({ trackingUri: url, fetch: async () => answer(), retry: { limit: 0 } });
  const cause = (await rejection(runs.get("1"))) as Error;
  return { kind: "server-refused", message: `${cause.message}. Nothing is lost`, cause };
}

const none = { get: () => undefined };

describe("syncWords()", () => {
  test("names the variables of the credentials where a program would give an option", async () => {
    const problem = await problemOf(() => new Response("You are not authenticated", { status: 401 }));
    expect(problem.message).toContain("option auth");
    expect(syncWords(problem, none)).toBe(
      `Cannot GET ${url}/api/2.0/mlflow/runs/get as the server answered 401: "You are not authenticated". Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN. Nothing is lost`,
    );
  });

  test.each([
    [{ MLFLOW_TRACKING_TOKEN: "secret-1815" }, "The server does not take that of MLFLOW_TRACKING_TOKEN"],
    [
      { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "secret-1815", MLFLOW_TRACKING_TOKEN: "x" },
      "The server does not take those of MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
    ],
  ])("says which credentials were refused, of %j", async (variables: Record<string, string>, words) => {
    const problem = await problemOf(() => new Response("no", { status: 401 }));
    const text = syncWords(problem, { get: (name) => variables[name] });
    expect(text).toContain(words);
    expect(text).not.toContain("1815");
  });

  test("names the flag for the address", async () => {
    const lost = await problemOf(() => {
      throw new TypeError("fetch failed");
    });
    expect(syncWords(lost, none)).toContain("is the server running, and --tracking-uri its address?");
    const strange = await problemOf(() => new Response("nothing here", { status: 404 }));
    expect(syncWords(strange, none)).toContain("Is --tracking-uri the address of an MLflow server?");
  });

  test("leaves the words of the server as they are", async () => {
    const problem = await problemOf(() => new Response("trackingUri and queue.resume() tries again", { status: 500 }));
    expect(syncWords(problem, none)).toBe(problem.message);
  });
});
