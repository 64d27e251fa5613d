import { expect, test } from "vitest";
import { proveRuntime } from "./prove-runtime.ts";

declare const __TRACKLET_RUNTIME__: string | undefined;

const claimed = typeof __TRACKLET_RUNTIME__ === "string" ? __TRACKLET_RUNTIME__ : undefined;
const proof = claimed === undefined ? "the one it was started with" : proveRuntime(claimed);

// The name of this test is what `npm test` prints as the runtime.
test(`runtime is ${proof}`, () => {
  expect(proof).toContain(claimed ?? "the one");
});
