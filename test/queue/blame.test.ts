import { describe, expect, test } from "vitest";
import { errorFromReply } from "../../src/client/reply-error.ts";
import { NetworkError } from "../../src/errors/index.ts";
import type { Content } from "../../src/queue/chunk/content.ts";
import { Blamer } from "../../src/queue/send/blame.ts";
import type { Job } from "../../src/queue/send/delivery-parts.ts";
import { newItem, newRunState } from "../../src/queue/send/run-state.ts";

const LEAST = 180_000;
const DAY = 24 * 3_600_000;
const request = { method: "POST", url: "http://mlflow.test/api" };
const answer = (status: number): Error =>
  errorFromReply(status, { form: "text", errorCode: undefined, message: "no" }, request, undefined);
const noAnswer = new NetworkError("x", request);

/** A chunk of some params, or an upload. */
function job(rows: number, kind: "params" | "artifact" = "params"): Job {
  const header = { run: "a", sequence: 1, sealed: true, at: 1, writer: "w", order: 1, span: 1, bytes: 1, bucket: 0 };
  const chunk = { ...header, kind, count: rows, attempted: 0, body: new Uint8Array(0) };
  const params = Array.from({ length: rows }, (_, n) => [`p${n}`, "1", 1] as const);
  const content: Content =
    kind === "params" ? { kind, request: params } : { kind, request: { path: "x", size: 1 } as never };
  return { run: newRunState("a"), item: newItem(chunk, 0, 0), chunk, content, term: 1 };
}

/** Has a chunk fail some times, with something before each time; gives what is said of it so many ms after the first. */
function verdict(blamer: Blamer, one: Job, error: Error, times: number, before: () => void, age: number): unknown {
  for (let n = 0; n < times; n++) {
    before();
    blamer.failed(one, error, n);
  }
  return blamer.judge(one, error, age);
}

/** Something of that kind is sent and acknowledged. */
function passes(blamer: Blamer, kind: "params" | "artifact" | "tags"): () => void {
  return () => blamer.took({ kind, place: blamer.sends() });
}

describe("Blamer", () => {
  const singles: [string, "params" | "artifact", Error, "params" | "artifact" | "tags", number, unknown][] = [
    ["a param at which it fails for less than three minutes", "params", answer(500), "params", LEAST - 1, undefined],
    ["a param at which it fails for three minutes", "params", answer(500), "params", LEAST, "guilty"],
    ["a param while only tags go through", "params", answer(500), "tags", LEAST, "guilty"],
    ["a param while only uploads go through", "params", answer(500), "artifact", LEAST, "guilty"],
    ["a param that is a 502, while tags go through", "params", answer(502), "tags", LEAST + 1, "guilty"],
    ["a param that is a 502, while only uploads go through", "params", answer(502), "artifact", 99 * DAY, undefined],
    ["a param that gets no answer", "params", noAnswer, "params", 99 * DAY, undefined],
    ["an upload that gets no answer for three minutes", "artifact", noAnswer, "artifact", LEAST + 1, "guilty"],
    ["an upload while only tags go through for less than a day", "artifact", answer(500), "tags", DAY - 1, undefined],
    ["an upload while only tags go through for a day", "artifact", answer(500), "tags", DAY, "guilty"],
    ["an upload that is a 503 while only tags go through", "artifact", answer(503), "tags", 99 * DAY, undefined],
  ];
  test.each(singles)("judges %s", (_, kind, error, others, age, expected) => {
    const blamer = new Blamer();
    expect(verdict(blamer, job(1, kind), error, 12, passes(blamer, others), age)).toBe(expected);
  });

  test("believes what was acknowledged only where it was sent after the failure", () => {
    const blamer = new Blamer();
    const early = Array.from({ length: 12 }, () => blamer.sends());
    const late = (): void => blamer.took({ kind: "artifact", place: early.pop()! });
    expect(verdict(blamer, job(1, "artifact"), answer(500), 12, late, LEAST)).toBeUndefined();
  });

  test("divides after five failures, once it is known that the server takes other writes", () => {
    const blamer = new Blamer();
    const many = job(2);
    expect(verdict(blamer, many, answer(500), 4, () => {}, 5)).toBeUndefined();
    expect(verdict(blamer, many, answer(500), 1, () => {}, 5)).toBe("suspect");
    blamer.took();
    expect(blamer.judge(many, answer(500), 5)).toBe("guilty");
  });

  test("counts against a part what spoke against the whole", () => {
    const blamer = new Blamer();
    const whole = job(2);
    verdict(blamer, whole, answer(500), 5, passes(blamer, "params"), 5);
    const part = { ...job(1), item: newItem(whole.chunk, 0, 0, whole.item) };
    expect(verdict(blamer, part, answer(500), 9, () => {}, LEAST)).toBeUndefined();
    expect(verdict(blamer, part, answer(500), 1, () => {}, LEAST)).toBe("guilty");
  });
});
