import * as v from "valibot";
import { artifactPathProblem } from "../../client/artifact-path.ts";
import type { CallOptions } from "../../client/types/connection.ts";
import { NotFoundError } from "../../errors/network-errors.ts";
import { ConfigurationError } from "../../errors/usage-errors.ts";
import { quote } from "../../tracker/key.ts";
import type { Tracker } from "../../tracker/types/tracker.ts";
import { canonicalName, readRequirements } from "../environment/requirements.ts";
import {
  DESCRIPTION,
  DIFF,
  ENVIRONMENT_TAG,
  FILES,
  PYTHON_PACKAGES,
  type RecordedEnvironment,
} from "../environment/types.ts";

/** What a date can be. */
const LATEST = 8.64e15;

/** Bytes of all that is read, and files: more than is ever kept. */
const MOST_BYTES = 64 * 2 ** 20;
const MOST_FILES = 2000;

const text = v.string();
const texts = v.record(text, text);
/** Inside of the tree, and nothing that git itself would read. */
const path = v.pipe(
  text,
  v.check((given) => artifactPathProblem(given) === undefined && !/[\\:]|(?:^|\/)\.git(?:\/|$)/i.test(given)),
);

const description: v.GenericSchema<
  unknown,
  Omit<RecordedEnvironment, "cpu" | "memory" | "gpu" | "userAgent">
> = v.object({
  version: v.literal(1),
  recordedAt: v.pipe(v.number(), v.minValue(-LATEST), v.maxValue(LATEST)),
  runtime: v.object({ name: text, version: text }),
  os: v.exactOptional(v.object({ name: text, release: v.exactOptional(text), architecture: v.exactOptional(text) })),
  command: v.exactOptional(v.array(text)),
  variables: texts,
  packageManager: v.exactOptional(
    v.object({ name: v.picklist(["npm", "deno", "bun", "yarn", "pnpm"]), version: v.exactOptional(text) }),
  ),
  git: v.exactOptional(
    v.object({
      commit: v.pipe(text, v.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)),
      branch: v.exactOptional(text),
      remote: v.exactOptional(text),
      diff: v.boolean(),
    }),
  ),
  project: v.union([v.literal(""), path]),
  files: v.pipe(v.array(path), v.maxLength(MOST_FILES)),
  masked: v.exactOptional(v.array(path)),
  packages: texts,
  leftOut: v.array(v.object({ what: text, why: text })),
});

/** What a recording knows of its environment. */
export interface RecordedParts {
  readonly name: string;
  /** MLflow's id of the run. */
  readonly runId: string;
  readonly environment: v.InferOutput<typeof description>;
  /** Bytes by path in the tree. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly diff: Uint8Array | undefined;
  readonly requirements: { readonly npm: Readonly<Record<string, string>>; readonly python: readonly string[] };
  /** Versions of what Python packages need themselves, as lines of a constraints file. */
  readonly constraints: readonly string[];
}

/** Reads all of it, before anything is written. @throws ConfigurationError for a recording without an environment */
export async function readRecording(tracker: Tracker, id: string, options: CallOptions): Promise<RecordedParts> {
  const { info, data } = await tracker.getRun(id, options).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
    throw new ConfigurationError(
      `Cannot make an environment again as there is no recording with the id ${quote(id)} on the server of this tracker`,
      { cause: error },
    );
  });
  let room = MOST_BYTES;
  const bytes = async (artifact: string): Promise<Uint8Array> => {
    const { body } = await tracker.openArtifact(id, artifact, options);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    // Leaving the loop ends the download.
    for await (const part of body ?? []) {
      room -= part.length;
      if (room < 0) throw fault(`it has more than the ${MOST_BYTES} bytes that a recording keeps`);
      parts.push(part);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  };
  const fault = (why: string): ConfigurationError =>
    new ConfigurationError(`Cannot make the environment of the recording ${quote(info.runName)} again as ${why}`);
  if (data.tags[ENVIRONMENT_TAG] === undefined) {
    const said = data.tags[`${ENVIRONMENT_TAG}.error`];
    throw fault(`it has none${said === undefined ? ": record without environment: false" : `: ${said}`}`);
  }
  const parsed = v.safeParse(description, parseJson(new TextDecoder().decode(await bytes(DESCRIPTION))));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw fault(
      `${DESCRIPTION} must be as this version writes it: of ${v.getDotPath(issue) ?? "all"} ${issue.message}`,
    );
  }
  const environment = parsed.output;
  const files = new Map<string, Uint8Array>();
  for (const file of environment.files) files.set(file, await bytes(`${FILES}/${file}`));
  const diff = environment.git?.diff === true ? await bytes(DIFF) : undefined;
  const requirements = readRequirements(data.tags);
  const found = requirements.python.length === 0 ? undefined : await bytes(PYTHON_PACKAGES).catch(noneThere);
  const constraints = constraintsOf(new TextDecoder().decode(found), requirements.python);
  return { name: info.runName, runId: info.runId, environment, files, diff, requirements, constraints };
}

function noneThere(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

/** Versions of packages that nobody asked for: what was asked for may be another one by now. */
function constraintsOf(list: string, asked: readonly string[]): string[] {
  const names = new Set(asked.map((line) => canonicalName(/^[\w.-]*/.exec(line)?.[0] ?? "")));
  return list.split("\n").filter((line) => {
    const name = /^([A-Za-z0-9][\w.-]*)==[\w.+!-]+$/.exec(line)?.[1];
    return name !== undefined && !names.has(canonicalName(name));
  });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
