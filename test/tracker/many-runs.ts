import type { Fetch } from "../../src/runtime/ports/fetch.ts";

/** A run as `runs/search` tells it. */
export interface WireRun {
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** MLflow's form of an id. */
export const runIdOf = (n: number): string => n.toString(16).padStart(32, "0");

/** A server of one experiment that holds these runs and pages through them; `asked` notes what each search wanted. */
export function manyRuns(
  runs: readonly WireRun[],
  asked: { filter?: string; max_results: number }[] = [],
  onPage: (page: number) => void = () => {},
): Fetch {
  const json = (value: object): Response => Response.json(value);
  const told = ({ id, name, tags }: WireRun, index: number): object => ({
    info: {
      run_id: id,
      run_uuid: id,
      experiment_id: "1",
      run_name: name,
      user_id: "ada",
      status: "FINISHED",
      start_time: 1_700_000_000_000 + index,
      end_time: 1_700_000_001_000 + index,
      artifact_uri: `mlflow-artifacts:/1/${id}/artifacts`,
      lifecycle_stage: "active",
    },
    data: {
      metrics: [{ key: "loss", value: 1 / (index + 1), timestamp: 1, step: 0 }],
      params: [{ key: "lr", value: String(index) }],
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
  });
  const kept = new Map<string, { run: WireRun; index: number }[]>();
  const matching = (filter: string): { run: WireRun; index: number }[] => {
    const known = kept.get(filter);
    if (known !== undefined) return known;
    const clauses = [...filter.matchAll(/tags\."([\w.]+)" = '(\w+)'/g)];
    const fits = (run: WireRun): boolean => clauses.every(([, key = "", value]) => run.tags[key] === value);
    const all = filter.includes("IS NULL") ? [] : runs.map((run, index) => ({ run, index }));
    const found = all.filter(({ run }) => fits(run));
    kept.set(filter, found);
    return found;
  };
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname.endsWith("/experiments/get-by-name")) {
      return json({ experiment: { experiment_id: "1", name: "Default", lifecycle_stage: "active" } });
    }
    if (pathname.endsWith("/runs/get")) {
      const index = runs.findIndex(({ id }) => id === searchParams.get("run_id"));
      return json({ run: told(runs[index] as WireRun, index) });
    }
    const query = (await request.json()) as { filter?: string; max_results: number; page_token?: string };
    asked.push(query);
    const found = matching(query.filter ?? "");
    const from = Number(query.page_token ?? 0);
    onPage(from / query.max_results);
    const to = from + query.max_results;
    const page = found.slice(from, to).map(({ run, index }) => told(run, index));
    return json({ runs: page, ...(to < found.length ? { next_page_token: String(to) } : {}) });
  };
}
