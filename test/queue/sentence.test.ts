import { describe, expect, test } from "vitest";
import { sentence } from "../../src/queue/send/words-of-errors.ts";

describe("sentence()", () => {
  test.each([
    ["is the server running?", "is the server running?"],
    ["no such experiment", "no such experiment."],
    ["the server says: stop.", "the server says: stop."],
    ["no! ", "no!"],
    ["", ""],
  ])("ends %j with one mark", (message, expected) => {
    expect(sentence(new Error(message))).toBe(expected);
  });
});
