import { describe, expect, test } from "vitest";
import { RunsResource } from "../../src/client/runs.ts";
import { AuthenticationError, ConfigurationError, CredentialsError } from "../../src/errors/index.ts";
import { fakeServer, json, page, refusal, rejection } from "./support/fake-server.ts";
import { recordedRun, runId } from "./support/recorded.ts";

describe("Transport authentication", () => {
  test("sends Basic with UTF-8 credentials", async () => {
    const { transport, seen } = fakeServer([json(recordedRun)], { auth: { username: "jürgen", password: "pä:ss" } });
    await new RunsResource(transport).get(runId);
    expect(seen[0]?.headers.get("authorization")).toBe("Basic asO8cmdlbjpww6Q6c3M=");
  });

  test("sends Bearer", async () => {
    const { transport, seen } = fakeServer([json(recordedRun)], { auth: { token: "abc.def" } });
    await new RunsResource(transport).get(runId);
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer abc.def");
  });

  test("takes user info of the address as Basic and never sends it in an address", async () => {
    const { transport, seen } = fakeServer([json(recordedRun)], { trackingUri: "http://me:secret@tracking.test" });
    await new RunsResource(transport).get(runId);
    expect(seen[0]?.headers.get("authorization")).toBe("Basic bWU6c2VjcmV0");
    expect(seen[0]?.url).toBe(`http://tracking.test/api/2.0/mlflow/runs/get?run_id=${runId}`);
    expect(transport.trackingUri).toBe("http://tracking.test");
  });

  test("lets the option auth win over user info", async () => {
    const connection = { trackingUri: "http://me:secret@tracking.test", auth: { token: "abcdef" } };
    const { transport, seen } = fakeServer([json(recordedRun)], connection);
    await new RunsResource(transport).get(runId);
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer abcdef");
  });

  test("asks a function for each request, and once more after a 401", async () => {
    let asked = 0;
    const auth = (): HeadersInit => ({ authorization: `Bearer token-${++asked}` });
    const { transport, seen } = fakeServer([page("", 401), json(recordedRun), json(recordedRun)], { auth });
    const runs = new RunsResource(transport);
    await runs.get(runId);
    await runs.get(runId);
    expect(seen.map(({ headers }) => headers.get("authorization"))).toEqual([
      "Bearer token-1",
      "Bearer token-2",
      "Bearer token-3",
    ]);
  });

  test("renews after a 401 also where nothing is tried again, and creates one run only", async () => {
    const auth = async (): Promise<HeadersInit> => ({ authorization: "Bearer x" });
    const { transport, seen } = fakeServer([page("", 401), json(recordedRun)], { auth });
    await new RunsResource(transport).create({ experimentId: "12" }, { retry: false });
    expect(seen).toHaveLength(2);
  });

  test("gives up after the second 401 with the cure", async () => {
    const auth = (): HeadersInit => ({ authorization: "Bearer expired-token" });
    const text = "You are not authenticated. Your token expired-token is bad.";
    const { transport, seen } = fakeServer([page(text, 401, "text/plain"), page(text, 401, "text/plain")], { auth });
    const error = (await rejection(new RunsResource(transport).get(runId))) as AuthenticationError;
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toContain("auth: { username, password } or { token }");
    expect(error.message).not.toContain("expired-token");
    expect(error.serverMessage).toBe("You are not authenticated. Your token *** is bad.");
    expect(seen).toHaveLength(2);
  });

  test("asks once with fixed credentials", async () => {
    const { transport, seen } = fakeServer([page("", 401)], { auth: { token: "abcdef" } });
    expect(await rejection(new RunsResource(transport).get(runId))).toBeInstanceOf(AuthenticationError);
    expect(seen).toHaveLength(1);
  });

  test("says that the function failed, with what it threw as the cause", async () => {
    const thrown = new RangeError("no session for Bearer hunter22");
    let asked = 0;
    const auth = (): HeadersInit => {
      if (asked++ > 0) throw thrown;
      return { authorization: "Bearer hunter22" };
    };
    const { transport, seen } = fakeServer([json(recordedRun)], { auth });
    await new RunsResource(transport).get(runId);
    const error = (await rejection(new RunsResource(transport).get(runId))) as Error;
    expect(error).toBeInstanceOf(CredentialsError);
    expect(error.message).toContain("auth");
    expect(error.message).toContain("no session");
    expect(error.message).not.toContain("hunter22");
    expect(error.cause).toBe(thrown);
    expect(seen).toHaveLength(1);
  });

  test.each([
    { token: "two words hunter22" },
    { token: "line\nhunter22" },
    { token: "" },
    { username: "a:b", password: "hunter22" },
  ])("refuses %j without showing it", (auth) => {
    let error: unknown;
    try {
      fakeServer([], { auth });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).not.toContain("hunter22");
  });

  test("refuses illegal headers of a function without showing them", async () => {
    const { transport } = fakeServer([], { auth: () => ({ authorization: "Bearer hunter22\n\u0000x" }) });
    const error = (await rejection(new RunsResource(transport).get(runId))) as Error;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(`${error.message} ${error.cause}`).not.toContain("hunter22");
  });

  test("keeps secrets that a server repeats out of every error", async () => {
    const said = "bad credentials hunter22 (Basic bWU6aHVudGVyMjI=)";
    const { transport } = fakeServer([refusal(403, "PERMISSION_DENIED", said)], {
      auth: { username: "me", password: "hunter22" },
    });
    const error = (await rejection(new RunsResource(transport).get(runId))) as Error;
    expect(JSON.stringify(error) + error.message).not.toMatch(/hunter22|bWU6aHVudGVyMjI=/);
  });

  test("sends the workspace", async () => {
    const { transport, seen } = fakeServer([json(recordedRun)], { workspace: "team-a" });
    await new RunsResource(transport).get(runId);
    expect(seen[0]?.headers.get("x-mlflow-workspace")).toBe("team-a");
  });
});
