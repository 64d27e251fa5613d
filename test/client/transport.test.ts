import { describe, expect, test } from "vitest";
import { ArtifactsResource } from "../../src/client/artifacts.ts";
import { RunsResource } from "../../src/client/runs.ts";
import { Transport } from "../../src/client/transport.ts";
import { NetworkError, TimeoutError, UnexpectedReplyError } from "../../src/errors/index.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { ManualLifecycle, seededRandom } from "../support/manual-runtime.ts";
import { asked, fakeServer, json, page, refused, rejection } from "./support/fake-server.ts";
import { htmlError, loginPage, recordedRun, runId } from "./support/recorded.ts";

const never = (): Promise<Response> => new Promise(() => {});

describe("Transport", () => {
  test("calls a fetch object as its method", async () => {
    class Binding {
      readonly #reply = recordedRun;
      fetch(request: Request): Promise<Response> {
        expect(request.url).toBe(`https://mlflow.internal/x/api/2.0/mlflow/runs/get?run_id=${runId}`);
        return Promise.resolve(json(this.#reply));
      }
    }
    const connection = { trackingUri: "https://mlflow.internal/x/", fetch: new Binding() };
    const transport = new Transport(connection, { clock: new ManualClock(), random: seededRandom() });
    expect((await new RunsResource(transport).get(runId)).info.runId).toBe(runId);
  });

  test("sends JSON as text of a known length with MLflow's content type", async () => {
    const { transport, seen } = fakeServer([json("{}")]);
    await new RunsResource(transport).setTag(runId, "note", "größer 🎉");
    expect(seen[0]?.headers.get("content-type")).toBe("application/json");
    expect(seen[0]?.headers.get("content-encoding")).toBeNull();
    expect(JSON.parse(seen[0]?.text ?? "")).toEqual({ run_id: runId, key: "note", value: "größer 🎉" });
  });

  test.each([
    ["a login page", page(loginPage), 'an HTML page "Sign in &middot; Example"'],
    ["an empty body", page("", 200), '""'],
    ["text", page("OK", 200, "text/plain"), '"OK"'],
    ["an array", json([]), '"[]"'],
    ["null", json("null"), '"null"'],
    ["cut JSON", json('{"run": {"info'), "{"],
    ["a bare NaN", json('{"run": NaN}'), "NaN"],
    ["another shape", json({ run: { info: { run_id: 5 } } }), '"run.info.run_id"'],
    ["an error with status 200", json({ error_code: "INTERNAL_ERROR", message: "no" }), '"no"'],
  ])("does not take %s for an answer", async (_name, reply, shown) => {
    const { transport } = fakeServer([reply]);
    const error = (await rejection(new RunsResource(transport).get(runId, { retry: false }))) as UnexpectedReplyError;
    expect(error).toBeInstanceOf(UnexpectedReplyError);
    expect(error.message).toContain(shown);
    expect(error.request).toEqual({ method: "GET", url: "http://tracking.test:5000/api/2.0/mlflow/runs/get" });
  });

  test.each([page(loginPage), page("", 200), json([]), json("null"), json("5")])(
    "acknowledges no write by something else than an object",
    async (reply) => {
      const { transport } = fakeServer([reply]);
      const sent = new RunsResource(transport).logBatch({ runId }, { retry: false });
      expect(await rejection(sent)).toBeInstanceOf(UnexpectedReplyError);
    },
  );

  test("names the flag of Deno where the permission for the network was not given", async () => {
    const { transport } = fakeServer([Object.assign(new Error("Requires net access"), { name: "NotCapable" })]);
    const error = (await rejection(new RunsResource(transport).get(runId, { retry: false }))) as NetworkError;
    expect(error.message).toBe(
      "Cannot GET http://tracking.test:5000/api/2.0/mlflow/runs/get as Deno was started without the permission: start it with --allow-net=tracking.test:5000",
    );
  });

  test("says that nothing answers, with the platform's code and nothing of the request's headers", async () => {
    const { transport } = fakeServer([refused()], { auth: { token: "hunter22" } });
    const error = (await rejection(new RunsResource(transport).get(runId, { retry: false }))) as NetworkError;
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toBe(
      "Cannot GET http://tracking.test:5000/api/2.0/mlflow/runs/get as no answer came (ECONNREFUSED): is the server running, and trackingUri its address?",
    );
    expect(error.originRefused).toBe(false);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test("takes a body that breaks off for no answer", async () => {
    const cut = new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"run":'));
          controller.error(new TypeError("terminated"));
        },
      }),
    );
    const { transport } = fakeServer([cut]);
    const error = await rejection(new RunsResource(transport).get(runId, { retry: false }));
    expect(error).toBeInstanceOf(NetworkError);
  });

  test("ends a try when its time is over, also when nobody listens to its signal", async () => {
    const { transport, clock } = fakeServer([never], { timeout: 30_000, retry: { limit: 0 } });
    const waiting = rejection(new RunsResource(transport).get(runId));
    await clock.advance(30_000);
    const error = (await waiting) as Error;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain("no answer came within 30000 ms");
  });

  test("ends a try whose body never ends", async () => {
    const { transport, clock } = fakeServer([new Response(new ReadableStream())], { retry: { limit: 0 } });
    const waiting = rejection(new RunsResource(transport).get(runId, { timeout: 5 }));
    await clock.advance(5);
    expect(await waiting).toBeInstanceOf(TimeoutError);
  });

  test("aborts the request it gave up", async () => {
    let given: AbortSignal | undefined;
    const hang = (request: Request): Promise<Response> => {
      given = request.signal;
      return never();
    };
    const { transport, clock } = fakeServer([hang], { retry: { limit: 0 } });
    const waiting = rejection(new RunsResource(transport).get(runId, { timeout: 5 }));
    await clock.advance(5);
    await waiting;
    expect(given?.aborted).toBe(true);
  });

  test("rejects with the reason of the signal before, during and between tries", async () => {
    const reason = new Error("enough");
    const before = fakeServer([]);
    const sent = new RunsResource(before.transport).get(runId, { signal: AbortSignal.abort(reason) });
    expect(await rejection(sent)).toBe(reason);
    expect(before.seen).toHaveLength(0);

    const during = fakeServer([never]);
    const stop = new AbortController();
    const waiting = rejection(new RunsResource(during.transport).get(runId, { signal: stop.signal }));
    await during.clock.advance(1);
    stop.abort(reason);
    expect(await waiting).toBe(reason);

    const between = fakeServer([page(htmlError, 500)]);
    const halt = new AbortController();
    const pausing = rejection(new RunsResource(between.transport).get(runId, { signal: halt.signal }));
    await asked(between, 1);
    halt.abort(reason);
    expect(await pausing).toBe(reason);
    expect(between.clock.pending).toBe(0);
  });

  test("leaves no timer and no hold on the process behind", async () => {
    const lifecycle = new ManualLifecycle();
    const { transport, clock } = fakeServer([json(recordedRun), refused()], {}, { lifecycle });
    const runs = new RunsResource(transport);
    const first = runs.get(runId);
    expect(lifecycle.kept).toBe(1);
    await first;
    await rejection(runs.get(runId, { retry: false }));
    expect(lifecycle.kept).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("goes on to cancel a download after its headers came, whatever the time-out", async () => {
    const stop = new AbortController();
    let given: AbortSignal | undefined;
    const answer = (request: Request): Response => {
      given = request.signal;
      return new Response("bytes");
    };
    const { transport, clock } = fakeServer([answer]);
    const options = { artifactUri: "mlflow-artifacts:/1/a/artifacts", signal: stop.signal, timeout: 10 };
    const response = await new ArtifactsResource(transport).download(runId, "a.bin", options);
    await clock.advance(1000);
    expect(given?.aborted).toBe(false);
    stop.abort();
    expect(given?.aborted).toBe(true);
    expect(response.status).toBe(200);
  });
});
