import { expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { harness } from "./harness.ts";
import { World } from "./world.ts";

/** Another machine, whose queue is another one, resumes the run and ends it. */
async function elsewhere(world: World, run: string, name: string): Promise<void> {
  const found = world.oracle.named(name);
  const runtime = manualRuntime({ clock: world.clock, seed: 9 });
  const { queue } = harness({ runtime, oracle: world.oracle });
  queue.adoptRun(run, found.id, found.experimentId);
  queue.updateRun(run, { status: "RUNNING" });
  queue.updateRun(run, { status: "FINISHED", endTime: 5_000 });
  await world.until(queue.close());
}

test("F43 F45 a note of an older release, of a name in doubt, does not write FAILED over the end of another machine", async () => {
  const world = new World({ locks: "web", broadcast: true });
  const a = world.start();
  const run = a.start("a");
  await world.until(a.queue.flush());
  let left = 1;
  world.oracle.fault = ({ path }) => (path.endsWith("runs/update") && left-- > 0 ? "drop-after" : undefined);
  a.queue.updateRun(run, { name: "renamed" });
  await world.until(a.queue.flush());
  const note = JSON.parse((await world.store.note())!) as { doubts: [string, boolean, ...unknown[]][] };
  note.doubts = note.doubts.map(([id, create]) => [id, create, [""]]);
  await world.store.leaveNote((await world.store.lease()).term, JSON.stringify(note));
  a.die();
  await elsewhere(world, run, "renamed");
  const found = world.oracle.named("renamed");
  const b = world.start();
  b.start("b");
  await world.pass(1_500_000);
  expect(found).toMatchObject({ status: "FINISHED", endTime: 5_000 });
});

test("F43 F45 a recovery whose first try met a proxy does not end a run again that another machine has ended", async () => {
  const world = new World();
  const a = world.start();
  const run = a.start("a");
  await world.until(a.queue.flush());
  a.die();
  const b = world.start();
  b.start("b");
  let down = true;
  let met = 0;
  world.oracle.fault = ({ path, body }) => {
    const its = path.endsWith("runs/update") && body["status"] === "FAILED";
    if (its) met++;
    return its && down ? { status: 503 } : undefined;
  };
  for (let n = 0; n < 400 && met === 0; n++) await world.pass(1_000);
  expect(met).toBeGreaterThan(0);
  await elsewhere(world, run, "a");
  down = false;
  const found = world.oracle.named("a");
  await world.pass(1_500_000);
  expect(found).toMatchObject({ status: "FINISHED", endTime: 5_000 });
});
