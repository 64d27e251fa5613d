import { expect, test } from "vitest";
import type { DeliveryClient } from "../../src/queue/send/delivery-client.ts";
import { sendArtifact } from "../../src/queue/send/send.ts";

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
