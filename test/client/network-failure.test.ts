import { describe, expect, test } from "vitest";
import { RunsResource } from "../../src/client/runs.ts";
import { Transport } from "../../src/client/transport.ts";
import { NetworkError } from "../../src/errors/index.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { seededRandom } from "../support/manual-runtime.ts";
import { json, rejection } from "./support/fake-server.ts";
import { recordedRun, runId } from "./support/recorded.ts";

type Answer = "answers" | "fails" | "hangs";

/** A page's view of a server: how it answers the API, `/health` without CORS and `/version` with it. */
function browser(api: Answer[], health: Answer, version: Answer, entry = "https://app.example.com/train") {
  const asked: string[] = [];
  const clock = new ManualClock();
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    // Not every runtime knows modes.
    if (request.mode !== undefined) expect(request.mode).toBe(pathname === "/health" ? "no-cors" : "cors");
    const answer = pathname === "/health" ? health : pathname === "/version" ? version : (api.shift() ?? "fails");
    if (answer === "hangs") return new Promise(() => {});
    if (answer === "fails") throw new TypeError("Failed to fetch");
    return json(recordedRun);
  };
  const transport = new Transport(
    { trackingUri: "http://mlflow.example.com:5000", fetch },
    { clock, random: seededRandom(), name: "browser", environment: { entry: () => entry } },
  );
  return { asked, clock, runs: new RunsResource(transport) };
}

describe("explainNetworkFailure()", () => {
  test("tells a refused origin and its cure when the server is up but withholds its answers", async () => {
    const { runs, asked } = browser(["fails"], "answers", "fails");
    const error = (await rejection(runs.get(runId, { retry: false }))) as NetworkError;
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.originRefused).toBe(true);
    expect(error.message).toContain('does not allow pages of "https://app.example.com"');
    expect(error.message).toContain("--cors-allowed-origins https://app.example.com");
    expect(error.message).toContain("relay");
    expect(asked).toEqual(["/api/2.0/mlflow/runs/get", "/health", "/version"]);
  });

  test("names the origin null of a page from a file", async () => {
    const { runs } = browser(["fails"], "answers", "fails", "null/home/me/page.html");
    const error = (await rejection(runs.get(runId, { retry: false }))) as NetworkError;
    expect(error.message).toContain('does not allow pages of "null"');
  });

  test("tells an unreachable server", async () => {
    const { runs } = browser(["fails"], "fails", "fails");
    const error = (await rejection(runs.get(runId, { retry: false }))) as NetworkError;
    expect(error.originRefused).toBe(false);
    expect(error.message).toContain("is the server running");
  });

  test("tells a cut connection or a refused Host when the page may read other answers", async () => {
    const { runs } = browser(["fails"], "answers", "answers");
    const error = (await rejection(runs.get(runId, { retry: false }))) as NetworkError;
    expect(error.originRefused).toBe(false);
    expect(error.message).toContain("--allowed-hosts");
  });

  test("asks nothing more once the page has read an answer", async () => {
    const { runs, asked } = browser(["answers", "fails"], "answers", "fails");
    await runs.get(runId);
    const error = (await rejection(runs.get(runId, { retry: false }))) as NetworkError;
    expect(error.originRefused).toBe(false);
    expect(asked).toHaveLength(2);
  });

  test("asks only when no try is left", async () => {
    const { runs, asked, clock } = browser(["fails", "fails", "answers"], "answers", "answers");
    await clock.until(runs.get(runId));
    expect(asked).toHaveLength(3);
  });

  test("does not wait for ever for the two requests", async () => {
    const { runs, clock } = browser(["fails"], "hangs", "hangs");
    const error = (await clock.until(rejection(runs.get(runId, { retry: false })), 20_000)) as NetworkError;
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toContain("no answer came");
  });
});
