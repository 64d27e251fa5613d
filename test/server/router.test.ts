import { describe, expect, test } from "vitest";
import type { Route } from "../../src/server/route.ts";
import { Router } from "../../src/server/router.ts";

const routes: Route[] = [
  { method: "GET", path: "/api/2.0/mlflow/runs/get", handle: () => ({}) },
  { method: "POST", path: "/api/2.0/mlflow/models", handle: () => ({}) },
  { method: "GET", path: "/api/2.0/mlflow/models/{id}", handle: () => ({}) },
  { method: "DELETE", path: "/api/2.0/mlflow/models/{id}/tags/{key}", handle: () => ({}) },
  { method: "PUT", path: "/files/{path...}", handle: () => ({}) },
];
const router = new Router(routes);

function found(method: string, path: string): unknown {
  const match = router.find(method, path);
  if (match === undefined) return undefined;
  return "allowed" in match ? match.allowed : { path: match.route.path, params: match.params };
}

describe("Router.find()", () => {
  test("finds a route under /api and /ajax-api", () => {
    expect(found("GET", "/api/2.0/mlflow/runs/get")).toEqual({ path: routes[0]!.path, params: {} });
    expect(found("GET", "/ajax-api/2.0/mlflow/runs/get")).toEqual({ path: routes[0]!.path, params: {} });
  });

  test("gives decoded parameters, one segment each", () => {
    expect(found("GET", "/api/2.0/mlflow/models/a%20b")).toMatchObject({ params: { id: "a b" } });
    expect(found("DELETE", "/api/2.0/mlflow/models/m/tags/%2F")).toMatchObject({ params: { id: "m", key: "/" } });
    expect(found("GET", "/api/2.0/mlflow/models/a/b")).toBeUndefined();
  });

  test("gives the rest of the path with slashes and newlines", () => {
    expect(found("PUT", "/files/a/b%2Fc")).toMatchObject({ params: { path: "a/b/c" } });
    expect(found("PUT", "/files/a%0Ab")).toMatchObject({ params: { path: "a\nb" } });
    expect(found("PUT", "/files/")).toBeUndefined();
  });

  test("takes a broken percent escape as it stands", () => {
    expect(found("GET", "/api/2.0/mlflow/models/%E0%A4%A")).toMatchObject({ params: { id: "%E0%A4%A" } });
  });

  test("tells the methods of a path that has no route for this one", () => {
    expect(found("PUT", "/api/2.0/mlflow/runs/get")).toEqual(["GET", "HEAD", "OPTIONS"]);
    expect(found("GET", "/api/2.0/mlflow/models")).toEqual(["OPTIONS", "POST"]);
  });

  test("answers HEAD where there is GET", () => {
    expect(found("HEAD", "/api/2.0/mlflow/runs/get")).toMatchObject({ path: routes[0]!.path });
  });

  test.each(["/", "/api/2.0/mlflow/runs/get/", "/api/2.0/mlflow/runs/GET", "/api/2.0/mlflow/models/", "//files/a"])(
    "finds nothing at %s",
    (path) => {
      expect(found("GET", path)).toBeUndefined();
    },
  );
});
