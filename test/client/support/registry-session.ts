import { describe, expect, test } from "vitest";
import { type Client, filter } from "../../../src/client/index.ts";
import { AlreadyExistsError, BadRequestError, NotFoundError, ValidationError } from "../../../src/errors/index.ts";
import { rejection } from "./fake-server.ts";

/** A name that no other test has taken. */
function fresh(prefix: string): string {
  return `${prefix} ${crypto.randomUUID()}`;
}

/**
 * What the client promises of the model registry, checked on a server that really keeps things.
 *
 * @param connect Gives a client of the server, the same server each time.
 */
export function registrySession(name: string, connect: () => Promise<Client>): void {
  /** Makes a registered model with some versions in cloud storage. */
  const newModel = async ({ registeredModels, modelVersions }: Client, versions = 0): Promise<string> => {
    const { name: called } = await registeredModels.create({ name: fresh("model") });
    for (let made = 1; made <= versions; made++) {
      await modelVersions.create(called, { source: `s3://bucket/${made}`, tags: { i: String(made) } });
    }
    return called;
  };

  describe(name, () => {
    test("a registered model is described, renamed and deleted with its versions", async () => {
      const client = await connect();
      const { registeredModels, modelVersions } = client;
      const called = fresh("größe 🎉 it's");
      const made = await registeredModels.create({ name: called, description: "d", tags: { team: "a" } });
      expect(made).toMatchObject({
        name: called,
        description: "d",
        tags: { team: "a" },
        aliases: {},
        latestVersions: [],
      });
      expect(await rejection(registeredModels.create({ name: called }))).toBeInstanceOf(AlreadyExistsError);
      expect((await registeredModels.update(called, { description: "new" })).description).toBe("new");
      expect((await registeredModels.update(called, { description: "" })).description).toBeUndefined();
      await modelVersions.create(called, { source: "s3://bucket/1" });
      await registeredModels.setAlias(called, "best", 1);
      const renamed = `${called}!`;
      await registeredModels.rename(called, renamed);
      expect(await registeredModels.get(renamed)).toMatchObject({
        tags: { team: "a" },
        aliases: { best: 1 },
        latestVersions: [{ name: renamed, version: 1, stage: "None", source: "s3://bucket/1" }],
      });
      expect(await rejection(registeredModels.get(called))).toBeInstanceOf(NotFoundError);
      const other = await newModel(client);
      expect(await rejection(registeredModels.rename(renamed, other))).toBeInstanceOf(AlreadyExistsError);
      await registeredModels.delete(renamed);
      expect(await rejection(registeredModels.delete(renamed))).toBeInstanceOf(NotFoundError);
      expect(await rejection(modelVersions.get(renamed, 1))).toBeInstanceOf(NotFoundError);
    });

    test("a version says what it was registered with, and its number is never given again", async () => {
      const client = await connect();
      const { modelVersions, experiments, runs } = client;
      const model = await newModel(client);
      const experimentId = await experiments.create({ name: fresh("registry") });
      const { runId } = (await runs.create({ experimentId })).info;
      const facts = { runId, description: "first", runLink: "http://x/y", tags: { data: "2024" } };
      const made = await modelVersions.create(model, { source: `runs:/${runId}/model`, ...facts });
      expect(made).toMatchObject({ name: model, version: 1, stage: "None", status: "READY", aliases: [], ...facts });
      expect(await modelVersions.get(model, "01")).toEqual(made);
      expect(await modelVersions.downloadUri(model, 1)).toBe(`runs:/${runId}/model`);
      expect((await modelVersions.update(model, 1, { description: "new" })).description).toBe("new");
      await modelVersions.setTag(model, 1, "data", "2025");
      await modelVersions.setTag(model, 1, "gone", "soon");
      for (let times = 0; times < 2; times++) await modelVersions.deleteTag(model, 1, "gone");
      expect((await modelVersions.get(model, 1)).tags).toEqual({ data: "2025" });
      expect((await modelVersions.create(model, { source: "s3://bucket/2" })).version).toBe(2);
      await modelVersions.delete(model, 2);
      expect(await rejection(modelVersions.delete(model, 2))).toBeInstanceOf(NotFoundError);
      expect((await modelVersions.create(model, { source: "s3://bucket/3" })).version).toBe(3);
    });

    test("an alias names one version at a time, until it or the version is deleted", async () => {
      const client = await connect();
      const { registeredModels, modelVersions } = client;
      const model = await newModel(client, 3);
      await registeredModels.setAlias(model, "best", 1);
      await registeredModels.setAlias(model, "best", "2");
      await registeredModels.setAlias(model, "Best", 3);
      expect(await registeredModels.getByAlias(model, "best")).toMatchObject({ version: 2, aliases: ["best"] });
      expect((await registeredModels.get(model)).aliases).toEqual({ best: 2, Best: 3 });
      expect(await registeredModels.getByAlias(model, "worst")).toBeUndefined();
      expect(await rejection(registeredModels.getByAlias(fresh("none"), "best"))).toBeInstanceOf(NotFoundError);
      for (let times = 0; times < 2; times++) await registeredModels.deleteAlias(model, "best");
      expect(await registeredModels.getByAlias(model, "best")).toBeUndefined();
      await modelVersions.delete(model, 3);
      expect(await registeredModels.getByAlias(model, "Best")).toBeUndefined();
      expect(await rejection(registeredModels.setAlias(model, "best", 9))).toBeInstanceOf(NotFoundError);
    });

    test("stages keep the latest version of each, and archive the others on request", async () => {
      const client = await connect();
      const { registeredModels, modelVersions } = client;
      const model = await newModel(client, 3);
      expect((await modelVersions.transitionStage(model, 1, "Production")).stage).toBe("Production");
      await modelVersions.transitionStage(model, 2, "Production", { archiveOthers: true });
      const latest = await registeredModels.latestVersions(model);
      expect(latest.map(({ version, stage }) => [version, stage]).sort()).toEqual([
        [1, "Archived"],
        [2, "Production"],
        [3, "None"],
      ]);
      const some = await registeredModels.latestVersions(model, ["Production", "None"]);
      expect(some.map(({ version }) => version).sort()).toEqual([2, 3]);
    });

    test("searches find what their values say, in pages", async () => {
      const client = await connect();
      const { registeredModels, modelVersions } = client;
      const team = `it's "${crypto.randomUUID()}"`.replaceAll('"', "");
      const names: string[] = [];
      for (const start of ["c", "a", "b"]) {
        names.push((await registeredModels.create({ name: fresh(start), tags: { "the team": team } })).name);
      }
      const byTeam = filter`tags.${filter.key("the team")} = ${team}`;
      const first = await registeredModels.search({ filter: byTeam, maxResults: 2 });
      expect(first.items.map((model) => model.name[0])).toEqual(["a", "b"]);
      expect((await first.next())?.items.map((model) => model.name)).toEqual([names[0]]);
      const last: string[] = [];
      for await (const model of registeredModels.search({ filter: byTeam, orderBy: ["name DESC"], maxResults: 1 })) {
        last.push(model.name[0] ?? "");
      }
      expect(last).toEqual(["c", "b", "a"]);
      expect((await registeredModels.search({ filter: filter`name = ${`${names[0]}' OR '1`}` })).items).toEqual([]);

      const model = await newModel(client, 4);
      const of = filter`name = ${model}`;
      const numbers = async (condition: string, orderBy = "version_number"): Promise<number[]> =>
        (await modelVersions.search({ filter: filter.and(of, condition), orderBy, maxResults: 2 }).all()).map(
          ({ version }) => version,
        );
      expect(await numbers("")).toEqual([1, 2, 3, 4]);
      expect(await numbers(filter`version_number > ${2}`, "version_number DESC")).toEqual([4, 3]);
      expect(await numbers(filter`tags.i = ${"3"}`)).toEqual([3]);
      expect(await numbers(filter`source_path LIKE ${"s3://bucket/4"}`)).toEqual([4]);
      expect(await numbers(filter`run_id = ${"none"}`)).toEqual([]);
    });

    test("a version is copied under another name, which is made when it is missing", async () => {
      const client = await connect();
      const { registeredModels, modelVersions } = client;
      const model = await newModel(client, 2);
      await registeredModels.setAlias(model, "best", 2);
      const other = fresh("production");
      const from = await registeredModels.getByAlias(model, "best");
      for (const version of [1, 2]) {
        const copied = await modelVersions.copy(from!, other);
        expect(copied).toMatchObject({
          name: other,
          version,
          source: `models:/${model}/2`,
          tags: { i: "2" },
          aliases: [],
        });
        expect(await modelVersions.downloadUri(other, version)).toBe("s3://bucket/2");
      }
      expect(await rejection(modelVersions.copy({ name: model, version: 9 }, other))).toBeInstanceOf(NotFoundError);
    });

    test("what cannot be registered is refused with a reason, and nothing is kept", async () => {
      const client = await connect();
      const { registeredModels, modelVersions } = client;
      for (const bad of ["a/b", "a:b", "", " ", "..", "n".repeat(257)]) {
        expect(await rejection(registeredModels.create({ name: bad }))).toBeInstanceOf(ValidationError);
      }
      const model = await newModel(client, 1);
      for (const bad of ["latest", "LATEST", "v1", "a b", "", "a".repeat(256)]) {
        expect(await rejection(registeredModels.setAlias(model, bad, 1))).toBeInstanceOf(ValidationError);
      }
      for (const bad of ["one", "1; DROP TABLE model_versions", "1.0", 1.5, 0, -1, Number.NaN, ""]) {
        expect(await rejection(modelVersions.get(model, bad))).toBeInstanceOf(ValidationError);
      }
      for (const source of ["/etc", "file:///etc", "mlflow-artifacts:/../x", ""]) {
        expect(await rejection(modelVersions.create(model, { source }))).toBeInstanceOf(BadRequestError);
      }
      for (const bad of ["name = 'a'; DROP TABLE registered_models", "name = 'a' OR name = 'b'", "metrics.a > 1"]) {
        expect(await rejection(registeredModels.search({ filter: bad }))).toBeInstanceOf(BadRequestError);
        expect(await rejection(modelVersions.search({ filter: bad }))).toBeInstanceOf(BadRequestError);
      }
      expect(await rejection(modelVersions.create(fresh("none"), { source: "s3://b/k" }))).toBeInstanceOf(
        NotFoundError,
      );
      expect(await registeredModels.get(model)).toMatchObject({ aliases: {}, latestVersions: [{ version: 1 }] });
    });
  });
}
