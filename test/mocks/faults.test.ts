import { afterEach, describe, expect, test } from "vitest";
import { createMlflowMock, type MlflowMock } from "../../mocks/index.ts";
import { ManualClock } from "../support/manual-clock.ts";

const mocks: MlflowMock[] = [];
function makeMock(...options: Parameters<typeof createMlflowMock>): MlflowMock {
  const mock = createMlflowMock(...options);
  mocks.push(mock);
  return mock;
}
afterEach(async () => {
  for (const mock of mocks.splice(0)) await mock.reset();
});

const api = "/api/2.0/mlflow";

function post(mock: MlflowMock, route: string, fields: object, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(fields);
  return mock.fetch(
    new Request(`${mock.trackingUri}${api}/${route}`, { method: "POST", headers, body, ...(signal ? { signal } : {}) }),
  );
}

describe("faults", () => {
  test("strike the requests that they name, as often as they say, after those they let pass", async () => {
    const mock = makeMock();
    const fault = mock.faults.add({
      on: "experiments/create",
      method: "POST",
      status: 503,
      headers: { "retry-after": "2" },
      after: 1,
      times: 2,
    });
    const statuses: number[] = [];
    for (let at = 0; at < 5; at++) statuses.push((await post(mock, "experiments/create", { name: `e${at}` })).status);
    expect([statuses, fault.struck]).toEqual([[200, 503, 503, 200, 200], 2]);
    expect((await mock.fetch(new Request(`${mock.trackingUri}/health`))).status).toBe(200);
  });

  test("answer with MLflow's error body, or the one that is given", async () => {
    const mock = makeMock();
    mock.faults.add({ on: /health/, status: 429, headers: { "retry-after": "7" } });
    mock.faults.add({ on: ({ url }) => url.endsWith("/health"), status: 401, body: "no" });
    const [first, second, third] = [await health(mock), await health(mock), await health(mock)];
    expect([first.status, first.headers.get("retry-after"), await first.json()]).toMatchObject([
      429,
      "7",
      { error_code: "REQUEST_LIMIT_EXCEEDED" },
    ]);
    expect([second.status, await second.text(), third.status]).toEqual([401, "no", 200]);
  });

  test("drop the connection before the server acts, or after", async () => {
    const mock = makeMock();
    mock.faults.add({ drop: "before" });
    await expect(post(mock, "experiments/create", { name: "a" })).rejects.toBeInstanceOf(TypeError);
    expect((await post(mock, "experiments/create", { name: "a" })).status).toBe(200);
    mock.faults.add({ drop: "after" });
    await expect(post(mock, "experiments/create", { name: "b" })).rejects.toBeInstanceOf(TypeError);
    expect(
      ((await (await post(mock, "experiments/create", { name: "b" })).json()) as { error_code: string }).error_code,
    ).toBe("RESOURCE_ALREADY_EXISTS");
  });

  test("cut the body of an answer whose request was carried out", async () => {
    const mock = makeMock();
    mock.faults.add({ cut: 5 });
    const reply = await post(mock, "experiments/create", { name: "a" });
    expect(reply.status).toBe(200);
    await expect(reply.text()).rejects.toThrow();
    expect((await post(mock, "experiments/create", { name: "a" })).status).toBe(400);
  });

  test("answer 200 with a page that is not JSON, acted or not", async () => {
    const mock = makeMock();
    mock.faults.add({ notJson: true });
    mock.faults.add({ notJson: "ok", acted: true });
    const first = await post(mock, "experiments/create", { name: "a" });
    expect([first.status, first.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await first.text()).toContain("<title>");
    expect(await (await post(mock, "experiments/create", { name: "a" })).text()).toBe("ok");
    expect((await post(mock, "experiments/create", { name: "a" })).status).toBe(400);
  });

  test("delay an answer by the clock that the mock is given, until the caller gives up", async () => {
    const clock = new ManualClock();
    const mock = makeMock({ clock });
    await health(mock);
    mock.faults.add({ delay: 1000, times: 2 });
    let done = false;
    const late = health(mock).then(() => {
      done = true;
    });
    await clock.advance(999);
    expect(done).toBe(false);
    await clock.advance(1);
    await late;
    const controller = new AbortController();
    const given = post(mock, "experiments/create", { name: "a" }, controller.signal);
    await clock.advance(10);
    controller.abort(new Error("enough"));
    await expect(given).rejects.toThrow(/enough|abort/i);
    expect(clock.pending).toBe(0);
  });

  test("end by remove() and clear(), and must have an effect", async () => {
    const mock = makeMock();
    mock.faults.add({ status: 500 }).remove();
    mock.faults.add({ status: 500 });
    mock.faults.clear();
    expect((await health(mock)).status).toBe(200);
    expect(() => mock.faults.add({ times: 2 } as never)).toThrow(/status, drop, cut/);
  });
});

function health(mock: MlflowMock): Promise<Response> {
  return mock.fetch(new Request(`${mock.trackingUri}/health`));
}
