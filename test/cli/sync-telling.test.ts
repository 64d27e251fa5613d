import { describe, expect, test } from "vitest";
import { syncTelling } from "../../src/cli/sync-telling.ts";
import { NetworkError, ServerError } from "../../src/errors/index.ts";
import type { Problem } from "../../src/queue/types.ts";

function lost(path: string): Problem {
  const request = { method: "POST", url: `http://x/${path}` };
  const message = `Cannot POST http://x/${path} as no answer came`;
  return { kind: "server-unreachable", message, cause: new NetworkError(message, request) };
}

function failed(status: number): Problem {
  const facts = { status, errorCode: undefined, serverMessage: "", request: { method: "POST", url: "http://x" } };
  const message = `Cannot POST http://x as the server answered ${status}`;
  return { kind: "server-unreachable", message, cause: new ServerError(message, facts) };
}

function setup() {
  const said: string[] = [];
  return { said, telling: syncTelling((line) => void said.push(line), { get: () => undefined }) };
}

describe("syncTelling()", () => {
  test("tells of a server that comes and goes once for each way in which it fails", () => {
    const { said, telling } = setup();
    for (let n = 0; n < 30; n++) telling.hear(lost(n % 2 === 0 ? "log-batch" : "search"));
    for (let n = 0; n < 30; n++) telling.hear(failed(n % 3 === 0 ? 503 : 500));
    expect(said).toEqual([lost("log-batch").message, failed(503).message, failed(500).message]);
  });

  test("tells at once that the run of a dead program was ended", () => {
    const { said, telling } = setup();
    telling.hear({ kind: "scope", run: "a", message: 'The run "a" was open' });
    expect(said).toEqual(['The run "a" was open']);
  });

  test("leaves for the end what was not told", () => {
    const { said, telling } = setup();
    const refused: Problem = { kind: "server-refused", message: "Cannot POST as 401" };
    const parked: Problem = { kind: "run-parked", run: "a", message: "Cannot go on with run" };
    const aside: Problem = { kind: "quarantined", run: "a", message: "Set aside" };
    for (const problem of [refused, parked, aside, lost("search")]) telling.hear(problem);
    expect(said).toHaveLength(1);
    const rest = telling.rest([refused, parked, aside, lost("log-batch"), failed(500)]);
    expect(rest).toEqual([refused.message, parked.message, failed(500).message]);
  });
});
