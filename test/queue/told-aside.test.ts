import { expect, test } from "vitest";
import { ToldAside } from "../../src/queue/lead/told-aside.ts";
import { Problems } from "../../src/queue/problems.ts";

test("ToldAside takes back a problem of what another took out although as much was set aside meanwhile", async () => {
  const problems = new Problems(() => {});
  const told = new ToldAside(problems);
  const counts = { quarantined: { points: 0, requests: 1 } };
  let places = [1];
  const store = { quarantined: async () => places.map((order) => ({ order })) } as never;
  told.tell(1, { kind: "quarantined", run: "r", key: "odd", message: "odd" });
  await told.look(store, counts);
  places = [2];
  told.tell(2, { kind: "quarantined", run: "r", key: "odder", message: "odder" });
  await told.look(store, counts);
  expect(problems.list().map(({ key }) => key)).toEqual(["odder"]);
});
