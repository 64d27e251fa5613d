import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, inject, test } from "vitest";
import { createTracker } from "tracklet";
import { isValidationError } from "../../src/errors/index.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";

/** Numbers as text, which both languages read as the same ones. */
type Point = readonly [key: string, value: string, step: string, timestamp: string];
type Pair = readonly [key: string, value: string];

const text = (number: number): string => (Object.is(number, -0) ? "-0.0" : String(number));
const values = [0, -0, 1e-320, -1e-320, 5e-324, 0.1 + 0.2, 2 ** 53, 2 ** 53 + 2, Number.MAX_VALUE, -Number.MAX_VALUE];
const value = fc.oneof(fc.double(), fc.constantFrom(...values, Number.NaN, Infinity, -Infinity)).map(text);
const safe = Number.MAX_SAFE_INTEGER;
const step = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.constantFrom(String(safe), String(-safe), "9223372036854775808", "0.5"),
);
const timestamp = fc.constantFrom("0", "1", "1700000000000", String(safe), "-1");
const key = fc.constantFrom(
  ...["loss", "a/b", "a b.c-d:e_f", "Ω é", "x".repeat(250), "", "x".repeat(251), "smile 😀", "lone \ud800", "a//b"],
  ...["../up", "/abs", "tab\t", "a/./b", "a/", " ", "."],
);
const long = fc.constantFrom(
  ...["", " ", "0.1", "größe", "😀".repeat(10), "x".repeat(500), "x".repeat(6_001), "😀".repeat(6_001)],
  ...["x".repeat(8_001), "a\u0000b", "line\nline"],
);
/** What JavaScript cannot hold, and what is no text in Python: under keys of their own. */
const far: Point[] = ["9007199254740993", "-9223372036854775808"].map((at) => ["far", "1", at, "1"]);
/** Clocks of JavaScript give parts of milliseconds. */
const half: Point = ["half", "1", "0", "1.5"];
const broken: Pair = ["broken", "lone \udc00 half"];
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { seed: 39, numRuns: count });

type Rows = Record<"points" | "latest" | "params" | "tags", string[]>;

/** The rows of a run in MLflow's own database, in one order. */
function rowsOf(runId: string): Rows {
  return withSqliteFile(inject("databaseFile"), (database) => {
    const all = (sql: string): string[] =>
      database
        .prepare(sql)
        .all(runId)
        .map((row) => JSON.stringify(Object.values(row)))
        .sort();
    const number = "CAST(step AS TEXT), timestamp, printf('%!.17g', value), is_nan";
    return {
      points: all(`SELECT key, ${number} FROM metrics WHERE run_uuid = ?`),
      latest: all(`SELECT key, ${number} FROM latest_metrics WHERE run_uuid = ?`),
      params: all("SELECT key, value FROM params WHERE run_uuid = ?"),
      tags: all("SELECT key, value FROM tags WHERE run_uuid = ? AND key NOT LIKE 'mlflow.%'"),
    };
  });
}

test("F39 odd keys, values, steps and times are stored as MLflow's Python client has them stored, or refused by both", async () => {
  const trackingUri = inject("trackingUri");
  const odd: Point[] = sample(fc.tuple(key, value, step, timestamp), 150);
  // A point that is logged twice is one.
  const points = [...odd, ...odd.slice(0, 40), ...far, half];
  const params: Pair[] = [...sample(fc.tuple(key, long), 40), broken];
  const tags: Pair[] = [...sample(fc.tuple(key, long), 40), broken];
  const file = join(await room(), "calls.json");
  await writeFile(file, JSON.stringify({ experiment: "odd", points, params, tags }));
  const theirs = JSON.parse(await python("log_odd.py", trackingUri, file)) as Theirs;

  await using tracker = createTracker({ trackingUri, experiment: "odd", strict: true, onProblem: () => {} });
  const run = tracker.startRun();
  const ours: Refused = {
    points: points.map(([name, number, at, time]) =>
      attempt(() => run.logMetric(name, Number(number), { step: Number(at), timestamp: Number(time) })),
    ),
    params: params.map(([name, content]) => attempt(() => run.logParam(name, content))),
    tags: tags.map(([name, content]) => attempt(() => run.setTag(name, content))),
  };
  await run.end();
  const nothing = { points: 0, requests: 0 };
  expect(await tracker.flush()).toMatchObject({ pending: nothing, quarantined: nothing, dropped: nothing });

  for (const kind of ["points", "params", "tags"] as const) {
    const [own, their] = [ours[kind], theirs.refused[kind]];
    const calls = { points, params, tags }[kind].map(([name, content], n) => ({
      name,
      content,
      own: own[n],
      their: their[n],
    }));
    const common = calls.filter(({ name }) => name !== "far" && name !== "half" && name !== "broken");
    expect(common.filter(({ own: mine, their: other }) => (mine === null) !== (other === null))).toEqual([]);
    expect(new Set(common.map(({ own: mine }) => mine === null))).toEqual(new Set([true, false]));
  }
  const [mine, other] = [rowsOf(await run.runId()), rowsOf(theirs.runId)];
  const common = (rows: readonly string[]): string[] => rows.filter((row) => !/^\["(far|half|broken)"/.test(row));
  for (const table of ["points", "latest", "params", "tags"] as const) {
    expect(common(mine[table])).toEqual(common(other[table]));
    expect(common(mine[table]).length).toBeGreaterThan(3);
  }
  // Steps beyond 2^53 are no numbers of JavaScript that one can tell apart: they are refused at the call.
  const farOf = ({ points: all }: Rows): string[] => all.filter((row) => row.startsWith('["far"'));
  expect(ours.points.slice(-3, -1)).toEqual(far.map(() => expect.stringContaining("the step must be an integer")));
  expect([farOf(mine), farOf(other).length]).toEqual([[], far.length]);
  // A time in parts of a millisecond is one for Python's client to refuse, and is made whole here.
  expect([ours.points.at(-1), theirs.refused.points.at(-1)]).toEqual([null, expect.stringContaining("TypeError")]);
  expect(mine.points.filter((row) => row.startsWith('["half"'))).toEqual([
    expect.stringMatching(/^\["half","0",[12],/),
  ]);
  // Half a character cannot be sent: Python's client fails, here a mark stands in its place.
  expect(theirs.refused.params.at(-1)).toContain("UnicodeEncodeError");
  expect(theirs.refused.tags.at(-1)).toContain("UnicodeEncodeError");
  expect(mine.params).toContain('["broken","lone \ufffd half"]');
  expect(mine.tags).toContain('["broken","lone \ufffd half"]');
});

/** Why the call at each place was refused; null where it was not. */
interface Refused {
  readonly points: readonly (string | null)[];
  readonly params: readonly (string | null)[];
  readonly tags: readonly (string | null)[];
}

/** What `log_odd.py` says. */
interface Theirs {
  readonly runId: string;
  readonly refused: Refused;
}

function attempt(call: () => void): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (isValidationError(error)) return error.message;
    throw error;
  }
}
