import { describe, expect, test } from "vitest";
import { ModelVersionsResource } from "../../src/client/model-versions.ts";
import { RegisteredModelsResource } from "../../src/client/registered-models.ts";
import { AlreadyExistsError, NetworkError, ValidationError } from "../../src/errors/index.ts";
import { fakeServer, json, refusal, refused, rejection, type Reply } from "./support/fake-server.ts";
import { sent } from "./support/sent.ts";

const models = "/api/2.0/mlflow/registered-models";
const versions = "/api/2.0/mlflow/model-versions";

const recordedVersion = {
  name: "digits",
  version: "2",
  creation_timestamp: 1700000000001,
  last_updated_timestamp: 1700000000002,
  current_stage: "Production",
  description: "",
  source: "runs:/abc/model",
  run_id: "",
  status: "READY",
  run_link: "",
  aliases: ["champion"],
};
const recordedModel = {
  name: "digits",
  creation_timestamp: 1700000000001,
  last_updated_timestamp: 1700000000002,
  latest_versions: [recordedVersion],
  tags: [{ key: "__proto__", value: "plain" }],
  aliases: [{ alias: "champion", version: "2" }],
};
const version = {
  name: "digits",
  version: 2,
  creationTime: 1700000000001,
  lastUpdateTime: 1700000000002,
  description: undefined,
  stage: "Production",
  source: "runs:/abc/model",
  runId: undefined,
  runLink: undefined,
  user: undefined,
  status: "READY",
  statusMessage: undefined,
  tags: {},
  aliases: ["champion"],
};

type Both = readonly [RegisteredModelsResource, ModelVersionsResource];
type Call = (...both: Both) => Promise<unknown>;

function both(replies: readonly Reply[]): {
  server: ReturnType<typeof fakeServer>;
  ask: (call: Call) => Promise<unknown>;
} {
  const server = fakeServer(replies);
  const resources: Both = [new RegisteredModelsResource(server.transport), new ModelVersionsResource(server.transport)];
  return { server, ask: (call) => call(...resources) };
}

describe("RegisteredModelsResource and ModelVersionsResource", () => {
  test("get() reads a registered model and its latest versions", async () => {
    const { server, ask } = both([json({ registered_model: recordedModel })]);
    expect(await ask((registered) => registered.get("digits"))).toStrictEqual({
      name: "digits",
      creationTime: 1700000000001,
      lastUpdateTime: 1700000000002,
      description: undefined,
      tags: Object.fromEntries([["__proto__", "plain"]]),
      aliases: { champion: 2 },
      latestVersions: [version],
    });
    expect(sent(server)).toEqual(["GET", `${models}/get`, { name: "digits" }]);
  });

  const model = { registered_model: recordedModel };
  const one = { model_version: recordedVersion };
  test.each<[string, string, object, unknown, Call]>([
    [
      "POST",
      `${models}/create`,
      { name: "a", description: "d", tags: [{ key: "k", value: "v" }] },
      model,
      (registered) => registered.create({ name: "a", description: "d", tags: { k: "v" } }),
    ],
    ["PATCH", `${models}/update`, { name: "a", description: "" }, model, (r) => r.update("a", { description: "" })],
    ["POST", `${models}/rename`, { name: "a", new_name: "b" }, model, (r) => r.rename("a", "b")],
    ["DELETE", `${models}/delete`, { name: "a" }, {}, (r) => r.delete("a")],
    ["POST", `${models}/set-tag`, { name: "a", key: "k", value: "" }, {}, (r) => r.setTag("a", "k", "")],
    ["DELETE", `${models}/delete-tag`, { name: "a", key: "k" }, {}, (r) => r.deleteTag("a", "k")],
    ["POST", `${models}/alias`, { name: "a", alias: "x", version: "3" }, {}, (r) => r.setAlias("a", "x", 3)],
    ["DELETE", `${models}/alias`, { name: "a", alias: "x" }, {}, (r) => r.deleteAlias("a", "x")],
    ["GET", `${models}/alias`, { name: "a", alias: "x" }, one, (r) => r.getByAlias("a", "x")],
    [
      "POST",
      `${versions}/create`,
      { name: "a", source: "models:/m-1", model_id: "m-1", tags: [{ key: "k", value: "v" }] },
      one,
      (_, v) => v.create("a", { source: "models:/m-1", modelId: "m-1", tags: { k: "v" } }),
    ],
    ["GET", `${versions}/get`, { name: "a", version: "3" }, one, (_, v) => v.get("a", 3)],
    [
      "PATCH",
      `${versions}/update`,
      { name: "a", version: "3", description: "d" },
      one,
      (_, v) => v.update("a", "3", { description: "d" }),
    ],
    [
      "POST",
      `${versions}/transition-stage`,
      { name: "a", version: "3", stage: "Staging", archive_existing_versions: false },
      one,
      (_, v) => v.transitionStage("a", 3, "Staging"),
    ],
    ["DELETE", `${versions}/delete`, { name: "a", version: "3" }, {}, (_, v) => v.delete("a", 3)],
    [
      "POST",
      `${versions}/set-tag`,
      { name: "a", version: "3", key: "k", value: "v" },
      {},
      (_, v) => v.setTag("a", 3, "k", "v"),
    ],
    ["DELETE", `${versions}/delete-tag`, { name: "a", version: "3", key: "k" }, {}, (_, v) => v.deleteTag("a", 3, "k")],
    [
      "GET",
      `${versions}/get-download-uri`,
      { name: "a", version: "3" },
      { artifact_uri: "s3://b/k" },
      (_, v) => v.downloadUri("a", 3),
    ],
  ])("sends %s %s", async (method, path, fields, reply, call) => {
    const { server, ask } = both([json(reply)]);
    await ask(call);
    expect(sent(server)).toEqual([method, path, fields]);
  });

  test.each(["digits", undefined, null])("create() refuses %j, which is no description of a model", async (model) => {
    const server = fakeServer([]);
    const created = new RegisteredModelsResource(server.transport).create(model as never);
    await expect(created).rejects.toThrow(ValidationError);
    await expect(created).rejects.toThrow(
      `Cannot create a registered model as it must be an object such as { name: "digits" }: current value is "${model}"`,
    );
  });

  test("searches repeat order_by, and lists stages", async () => {
    const { server, ask } = both([json({}), json({ model_versions: [recordedVersion] })]);
    await ask((registered) => registered.search({ orderBy: ["name DESC", "timestamp"], pageToken: "t" }).all());
    expect(server.seen[0]?.url).toMatch(/search\?order_by=name\+DESC&order_by=timestamp&max_results=100&page_token=t$/);
    expect(await ask((registered) => registered.latestVersions("a", ["None", "Staging"]))).toStrictEqual([version]);
    expect(server.seen[1]?.url).toMatch(/\?name=a&stages=None&stages=Staging$/);
  });

  test.each<[string, Call]>([
    ["create()", (registered) => registered.create({ name: "a" })],
    ["rename()", (registered) => registered.rename("a", "b")],
    ["delete()", (registered) => registered.delete("a")],
    ["create() of a version", (_, v) => v.create("a", { source: "s3://b/k" })],
    ["delete() of a version", (_, v) => v.delete("a", 1)],
  ])("%s is not sent again when its answer is lost", async (_, call) => {
    const { server, ask } = both([refused()]);
    expect(await rejection(ask(call))).toBeInstanceOf(NetworkError);
    expect(server.seen).toHaveLength(1);
  });

  test.each<[string, unknown, Call]>([
    ["setTag()", {}, (registered) => registered.setTag("a", "k", "v")],
    ["deleteTag()", {}, (registered) => registered.deleteTag("a", "k")],
    ["setAlias()", {}, (registered) => registered.setAlias("a", "x", 1)],
    ["deleteAlias()", {}, (registered) => registered.deleteAlias("a", "x")],
    ["search()", {}, (registered) => registered.search().all()],
    ["update() of a version", one, (_, v) => v.update("a", 1, { description: "d" })],
  ])("%s is sent again when its answer is lost", async (_, reply, call) => {
    const { server, ask } = both([refused(), json(reply)]);
    await server.clock.until(ask(call));
    expect(server.seen.map(({ text }) => text)).toHaveLength(2);
    expect(server.seen[1]?.text).toBe(server.seen[0]?.text);
  });

  test("copy() makes the name when it is missing, and goes on when it is there", async () => {
    const old = { ...recordedVersion, run_id: "r", tags: [{ key: "k", value: "v" }], description: "d" };
    for (const created of [json(model), refusal(400, "RESOURCE_ALREADY_EXISTS", "exists")]) {
      const { server, ask } = both([json({ model_version: old }), created, json(one)]);
      await ask((_, v) => v.copy({ name: "digits", version: "2" }, "live"));
      expect(server.seen.map(({ path }) => path)).toEqual([
        `${versions}/get`,
        `${models}/create`,
        `${versions}/create`,
      ]);
      expect(JSON.parse(server.seen[2]?.text ?? "")).toEqual({
        name: "live",
        source: "models:/digits/2",
        run_id: "r",
        description: "d",
        tags: [{ key: "k", value: "v" }],
      });
    }
    const { ask } = both([json(one), refusal(403, "PERMISSION_DENIED", "no")]);
    expect(await rejection(ask((_, v) => v.copy({ name: "digits", version: 2 }, "live")))).not.toBeInstanceOf(
      AlreadyExistsError,
    );
  });

  test("getByAlias() asks the model whether a refusal means that the alias is unknown", async () => {
    const unknown = refusal(400, "INVALID_PARAMETER_VALUE", "Registered model alias x not found.");
    const { ask } = both([unknown, json(model)]);
    expect(await ask((registered) => registered.getByAlias("digits", "x"))).toBeUndefined();
    const other = both([refusal(400, "INVALID_PARAMETER_VALUE", "no"), json(model)]);
    const error = await rejection(other.ask((registered) => registered.getByAlias("digits", "champion")));
    expect(error).toMatchObject({ serverMessage: "no" });
  });

  test.each<[string, Call, RegExp]>([
    ["a name with a slash", (r) => r.create({ name: "a/b" }), /"a\/b" as it must not hold "\/" or ":"/],
    ["a new name with a colon", (r) => r.rename("a", "b:c"), /"b:c" as it must not hold/],
    ["a copy's name with a slash", (_, v) => v.copy({ name: "a", version: 0 }, "x/y"), /version "0"/],
    [
      "a name of 257 characters",
      (r) => r.create({ name: "🎉".repeat(257) }),
      /at most 256 characters long: it has 257$/,
    ],
    ["a name that is no text", (r) => r.create({ name: 5 as unknown as string }), /must be text/],
    ["an alias latest", (r) => r.setAlias("a", "Latest", 1), /must not be "latest"/],
    ["an alias like a version", (r) => r.setAlias("a", "v12", 1), /must not look like a version/],
    ["an alias with a lone surrogate", (r) => r.setAlias("a", "\ud800", 1), /letters, digits/],
    ["an alias of 256 characters", (r) => r.setAlias("a", "a".repeat(256), 1), /at most 255 characters/],
    ["a version that is a word", (_, v) => v.get("a", "one"), /version "one" as it must be a whole number from 1/],
    ["a version with a fraction", (_, v) => v.delete("a", 1.5), /whole number/],
    ["a version beyond all counts", (_, v) => v.get("a", 1e21), /whole number/],
    ["an illegal tag key", (r) => r.setTag("a", "k@", "v"), /tag "k@"/],
    ["a tag value that is no text", (_, v) => v.setTag("a", 1, "k", 5 as unknown as string), /have text as value/],
    ["an illegal tag key at create()", (_, v) => v.create("a", { source: "s", tags: { "": "v" } }), /not be empty/],
  ])("%s is refused before anything is sent", async (_, call, message) => {
    const { server, ask } = both([]);
    const error = await rejection(ask(call));
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.length).toBeLessThan(300);
    expect(server.seen).toEqual([]);
  });
});
