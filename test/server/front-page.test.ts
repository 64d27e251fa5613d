import { describe, expect, test } from "vitest";
import { testServer } from "../support/test-server.ts";

describe("GET /", () => {
  test("answers a person with what the server is, its version, and the way to MLflow's pages", async () => {
    const { fetch, trackingUri, close } = await testServer();
    try {
      const reply = await fetch(new Request(`${trackingUri}/`));
      expect(reply.status).toBe(200);
      expect(reply.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const page = await reply.text();
      for (const part of ["tracklet server", "MLflow 3.17.2", "mlflow server --backend-store-uri sqlite:///"]) {
        expect(page).toContain(part);
      }
      expect(page).toContain("<style>:root{color-scheme:light dark}");
    } finally {
      await close();
    }
  });

  test("is refused like the rest for a Host that is not allowed", async () => {
    const { fetch, close } = await testServer();
    try {
      const request = new Request("http://evil.example/", { headers: { host: "evil.example" } });
      expect((await fetch(request)).status).toBe(403);
    } finally {
      await close();
    }
  });
});
