import { expect, test } from "vitest";
import type { DeliveryClient } from "../../src/queue/send/delivery-client.ts";
import { sendArtifact } from "../../src/queue/send/send.ts";
import { NetworkError } from "../../src/errors/index.ts";

const noAnswer = new NetworkError("no answer", { method: "PUT", url: "w.bin" });

/** Sends a body whose upload fails, and gives the error. */
async function failureOf(body: Blob, error: Error): Promise<unknown> {
  const artifacts = { upload: () => Promise.reject(error), list: async () => [] };
  const options = { signal: new AbortController().signal, retry: false } as const;
  return sendArtifact({ artifacts } as unknown as DeliveryClient, "r", "w.bin", body, options).catch(
    (thrown: unknown) => thrown,
  );
}

/** A Blob of a file that is read like this. */
function blobOf(read: () => Promise<ArrayBuffer>): Blob {
  const part = Object.assign(new Blob(["x"]), { arrayBuffer: read });
  return Object.assign(new Blob(["xyz"]), { slice: () => part });
}

test.each([
  ["has changed, as Node and pages say", new DOMException("The blob could not be read", "NotReadableError")],
  ["is gone, as pages say", new DOMException("not found", "NotFoundError")],
  ["is gone, as Bun says", Object.assign(new Error("no such file"), { code: "ENOENT" })],
])("sendArtifact() gives up a Blob whose file %s, as no server is at fault", async (_what, error) => {
  expect(
    await failureOf(
      blobOf(() => Promise.reject(error)),
      noAnswer,
    ),
  ).toMatchObject({
    name: "ChunkDamagedError",
    message: expect.stringContaining('Cannot upload artifact "w.bin" as its bytes must be those that were logged'),
  });
});

test("sendArtifact() keeps the error of a body that can be read, or may be later", async () => {
  expect(await failureOf(new Blob(["xyz"]), noAnswer)).toBe(noAnswer);
  expect(await failureOf(new Blob([]), noAnswer)).toBe(noAnswer);
  expect(
    await failureOf(
      blobOf(() => Promise.reject(new Error("busy"))),
      noAnswer,
    ),
  ).toBe(noAnswer);
});

test.each([
  [10, 500],
  [3_500_000, 4_000],
])(
  "sendArtifact() gives a body of %i bytes %i ms, so that a large file arrives on a slow line",
  async (size, expected) => {
    const given: (number | undefined)[] = [];
    const client: Pick<DeliveryClient, "artifacts"> = {
      artifacts: {
        upload: async (...[, , , options]) => void given.push(options?.timeout),
        list: async (...[, , options]) => {
          given.push(options?.timeout);
          return [{ path: "w.bin", isDirectory: false, size }];
        },
      },
    };
    const options = { signal: new AbortController().signal, timeout: 500, retry: false } as const;
    await sendArtifact(client as DeliveryClient, "r", "w.bin", new Blob([new Uint8Array(size)]), options);
    expect(given).toEqual([expected, 500]);
  },
);
