import { safeParse } from "valibot";
import { describe, expect, test } from "vitest";
import { errorFromReply } from "../../src/client/reply-error.ts";
import { readReplyWords } from "../../src/client/reply-text.ts";
import type { Schema } from "../../src/client/wire/entities.ts";
import * as registry from "../../src/client/wire/registry.ts";
import * as replies from "../../src/client/wire/replies.ts";
import { HttpError } from "../../src/errors/index.ts";
import { writeExact } from "../golden/replay/exact-json.ts";
import { type Outcome, readRecording, readScenarios } from "../golden/replay/scenario.ts";

const schemas: readonly (readonly [RegExp, Schema<unknown>])[] = [
  [/\/experiments\/create$/, replies.experimentIdReply],
  [/\/experiments\/(get|get-by-name)$/, replies.experimentReply],
  [/\/experiments\/search$/, replies.experimentsReply],
  [/\/runs\/(get|create)$/, replies.runReply],
  [/\/runs\/update$/, replies.runInfoReply],
  [/\/runs\/search$/, replies.runsReply],
  [/\/metrics\/get-history$/, replies.metricsReply],
  [/\/mlflow\/artifacts\/list$/, replies.filesReply],
  [/\/registered-models\/(get|create|update|rename)$/, registry.registeredModelReply],
  [/\/registered-models\/search$/, registry.registeredModelsReply],
  [/\/model-versions\/(get|create|update|transition-stage)$/, registry.modelVersionReply],
  [/\/(model-versions\/search|registered-models\/get-latest-versions)$/, registry.modelVersionsReply],
  [/\/model-versions\/get-download-uri$/, registry.downloadUriReply],
  [/\/server-info$/, replies.serverInfoReply],
];

/** Recordings abbreviate long texts and lists, and mask times: gives back something of the same kind. */
function restore(value: unknown): unknown {
  if (value === "<timestamp>") return 1_700_000_000_000;
  if (Array.isArray(value)) return value.map(restore);
  if (typeof value !== "object" || value === null) return value;
  const { $long, $count, start, first } = value as Record<string, unknown>;
  if ($long !== undefined) return start;
  if ($count !== undefined) return restore(first);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, restore(member)]));
}

function* recorded(): Generator<{ name: string; path: string; status: number; json: unknown; text: string }> {
  for (const scenario of readScenarios(["0", "1", "2"])) {
    // As the client reads them: an integer beyond 2^53 becomes the nearest number.
    const outcomes = JSON.parse(writeExact(readRecording("3.17.2", scenario.name))) as Outcome[];
    const answers = new Map(outcomes.map((answer) => [answer.name, answer]));
    for (const { name, path } of scenario.steps) {
      const answer = answers.get(name);
      if (typeof answer?.["status"] !== "number") continue;
      const title = answer["html_title"] ?? undefined;
      const text = title === undefined ? String(answer["text"] ?? "") : `<!doctype html><title>${title}</title>`;
      yield { name: `${scenario.name} / ${name}`, path, status: answer["status"], json: restore(answer["json"]), text };
    }
  }
}

describe("recorded answers of MLflow 3.17.2", () => {
  test("that are good fit the schemas of the client", () => {
    const misfits: string[] = [];
    let count = 0;
    for (const { name, path, status, json } of recorded()) {
      const schema = schemas.find(([route]) => route.test(path))?.[1];
      if (status !== 200 || json === undefined || schema === undefined) continue;
      count++;
      const parsed = safeParse(schema, json);
      if (!parsed.success) misfits.push(`${name}: ${parsed.issues[0].message}`);
    }
    expect(misfits).toEqual([]);
    expect(count).toBeGreaterThan(300);
  });

  test("that refuse become errors with the server's words", () => {
    const mute: string[] = [];
    let count = 0;
    for (const { name, status, json, text } of recorded()) {
      if (status < 400) continue;
      count++;
      const words = readReplyWords(json === undefined ? text : JSON.stringify(json));
      const error = errorFromReply(status, words, { method: "POST", url: "http://host/api" }, undefined);
      expect(error).toBeInstanceOf(HttpError);
      const code = (json as { error_code?: string } | undefined)?.error_code;
      expect(error.errorCode).toBe(code);
      if (error.serverMessage === "" && (json !== undefined || text !== "")) mute.push(name);
    }
    expect(mute).toEqual([]);
    expect(count).toBeGreaterThan(200);
  });
});
