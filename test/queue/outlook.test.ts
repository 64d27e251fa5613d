import { expect, test } from "vitest";
import { Ledger } from "../../src/queue/account/ledger.ts";
import { writeLeaderState } from "../../src/queue/lead/leader-state.ts";
import { Outlook } from "../../src/queue/lead/outlook.ts";

const none = { points: 0, requests: 0 };

/** What a process knows that follows a leader which says that so many runs wait for a person, and all below place 9. */
function following(parked: number): Outlook {
  const ledger = new Ledger();
  ledger.request("mine");
  const outlook = new Outlook({
    ledger,
    loop: { host: "ok", misses: 0, age: 0, parks: () => false, parked: () => [], stillTo: 0 },
    problems: { list: () => [] },
    parkedElsewhere: { amount: none },
    oldest: { age: 0 },
    leads: () => false,
  });
  const parkedRuns = Array.from({ length: parked }, (_, n) => `other ${n}`);
  const rest = { by: "leader", host: "ok", misses: 0, lag: 0, inFlight: none, parked: none } as const;
  outlook.hear(writeLeaderState({ ...rest, parkedRuns, stillTo: 9 }));
  return outlook;
}

test("stillThere() takes nothing for parked that was read before the leader said so, where all that are parked are named", () => {
  const outlook = following(99);
  // It was delivered between the reading of the storage and what the leader says.
  expect(outlook.stillThere("mine", 5)).toBe(false);
  expect(outlook.parksThere("mine")).toBe(false);
  expect(outlook.parked()).not.toContain("mine");
});

test("stillThere() finds runs that are parked among more than the leader names, below the place that it says", () => {
  const outlook = following(150);
  expect(outlook.stillThere("mine", 9)).toBe(false);
  expect(outlook.stillThere("mine", 8.5)).toBe(true);
  expect(outlook.parked()).toContain("mine");
});
