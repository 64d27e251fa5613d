import { describe, expect, test } from "vitest";
import { MetricsResource } from "../../src/client/metrics.ts";
import { UnexpectedReplyError } from "../../src/errors/index.ts";
import { fakeServer, json, refusal, rejection } from "./support/fake-server.ts";
import { runId } from "./support/recorded.ts";

const point = (step: number): object => ({ key: "loss", value: step / 2, timestamp: 1_700_000_000_000 + step, step });
const query = { runId, key: "loss" };

describe("PagePromise", () => {
  test("asks nothing until it is awaited, and then once", async () => {
    const { transport, seen } = fakeServer([json({ metrics: [point(0)] })]);
    const list = new MetricsResource(transport).history(query);
    expect(seen).toHaveLength(0);
    expect((await list).items).toHaveLength(1);
    expect((await list).nextPageToken).toBeUndefined();
    expect(seen).toHaveLength(1);
  });

  test("iterates over all pages", async () => {
    const replies = [
      { metrics: [point(0), point(1)], next_page_token: "t1" },
      { next_page_token: "t2" },
      { metrics: [point(2)] },
    ];
    const { transport, seen } = fakeServer(replies.map((reply) => json(reply)));
    const steps: number[] = [];
    for await (const { step } of new MetricsResource(transport).history(query)) steps.push(step);
    expect(steps).toEqual([0, 1, 2]);
    expect(seen.map(({ query: asked }) => asked["page_token"])).toEqual([undefined, "t1", "t2"]);
  });

  test("all() gives every item, next() one page after the other", async () => {
    const replies = (): Response[] => [
      json({ metrics: [point(0)], next_page_token: "t1" }),
      json({ metrics: [point(1)] }),
    ];
    expect(await new MetricsResource(fakeServer(replies()).transport).history(query).all()).toHaveLength(2);

    const first = await new MetricsResource(fakeServer(replies()).transport).history(query);
    expect(first.nextPageToken).toBe("t1");
    const second = await first.next();
    expect(second?.items[0]?.step).toBe(1);
    expect(await second?.next()).toBeUndefined();
  });

  test("begins at a given page", async () => {
    const { transport, seen } = fakeServer([json({})]);
    await new MetricsResource(transport).history({ ...query, pageToken: "here" });
    expect(seen[0]?.query["page_token"]).toBe("here");
  });

  test("takes an empty token for the end", async () => {
    const { transport } = fakeServer([json({ metrics: [point(0)], next_page_token: "" })]);
    expect(await new MetricsResource(transport).history(query).all()).toHaveLength(1);
  });

  test.each([
    ["the token that was sent", ["t1", "t1"]],
    ["an earlier token", ["t1", "t2", "t1"]],
  ])("ends with an error when the server names %s", async (_name, tokens) => {
    const { transport } = fakeServer(tokens.map((token) => json({ next_page_token: token })));
    const error = (await rejection(new MetricsResource(transport).history(query).all())) as Error;
    expect(error).toBeInstanceOf(UnexpectedReplyError);
    expect(error.message).toContain("the page token must advance");
  });

  test("iterates again from the first page with its own memory of tokens", async () => {
    const replies = [{ next_page_token: "t1" }, { metrics: [point(1)] }, { metrics: [point(1)] }];
    const { transport } = fakeServer(replies.map((reply) => json(reply)));
    const list = new MetricsResource(transport).history(query);
    expect(await list.all()).toHaveLength(1);
    expect(await list.all()).toHaveLength(1);
  });

  test("rejects what awaits it, and nothing when nobody does", async () => {
    const { transport } = fakeServer([refusal(400, "INVALID_PARAMETER_VALUE", "no")]);
    const history = new MetricsResource(transport).history(query);
    expect(await rejection(history)).toBeInstanceOf(Error);
  });
});
