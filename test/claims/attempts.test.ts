import { describe, expect, test } from "vitest";
import { claim, committed } from "../../src/claims/index.ts";
import { ValidationError } from "../../src/errors/index.ts";
import { claimPlaces } from "./claim-places.ts";

const { place, held } = claimPlaces();

describe("HeldClaim", () => {
  test("commits no run that is not an attempt of it, and leaves that as it is", async () => {
    const { open } = await place();
    const tracker = open();
    const [mine, other] = [await held(claim(tracker, "job")), await held(claim(tracker, "other job"))];
    const foreign = tracker.startRun({ name: "foreign" });
    const theirs = other.startAttempt({ name: "theirs" });
    for (const run of [foreign, theirs]) {
      const error = mine.commit(run);
      await expect(error).rejects.toThrow(ValidationError);
      await expect(error).rejects.toThrow(
        `Cannot commit "job" as the result must be an attempt of this claim: current value is the run "${run.name}"`,
      );
      await tracker.flush();
      expect((await tracker.getRun(run.localId)).info.status).toBe("RUNNING");
    }
    await expect(mine.commit(undefined as never)).rejects.toThrow("current value is undefined");
    expect(await committed(tracker, "job")).toBeUndefined();
    await mine.commit(mine.startAttempt());
    await foreign.end();
  });

  test("commits an attempt of an earlier life, not one of an earlier generation", async () => {
    const { open } = await place();
    const [before, after] = [open(), open()];
    const tokens: string[] = [];
    const first = await held(claim(before, "job", { persist: (token) => void tokens.push(token) }));
    const attempt = first.startAttempt();
    const runId = await attempt.runId();
    const again = await held(claim(after, "job", { token: tokens[0] as string }));
    expect((await again.commit(await after.resumeRun(runId))).runId).toBe(runId);
    const old = await held(claim(before, "next job"));
    const oldId = await old.startAttempt().runId();
    await old.release();
    const next = await held(claim(after, "next job"));
    expect(next.generation).toBe(2);
    await expect(next.commit(await after.resumeRun(oldId))).rejects.toThrow("must be an attempt of this claim");
  });

  test("is given back by await using, which takes a claim that is not held, too", async () => {
    const { open } = await place();
    const [one, two] = [open(), open()];
    {
      await using mine = await claim(one, "job");
      await using busy = await claim(two, "job");
      expect([mine.state, busy.state]).toEqual(["held", "busy"]);
    }
    {
      await using mine = await claim(two, "job");
      if (mine.state === "held") await mine.commit(mine.startAttempt());
      await using done = await claim(one, "job");
      expect(JSON.parse(JSON.stringify(done))).toEqual({ ...done });
      expect(done.state).toBe("committed");
    }
  });

  test("refuses options that there are not", async () => {
    const { open } = await place();
    await expect(claim(open(), "job", { leese: 5_000 } as object)).rejects.toThrow(
      "Cannot use the unknown option leese: use lease, wait, token, persist, timeout, signal, retry",
    );
  });
});
