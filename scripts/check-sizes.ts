/** Bundles stay small, and pull in nothing that they should not; the README tells the sizes that hold. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BundleSize, measureBundle } from "./lib/bundle-size.ts";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import limits from "./limits.json" with { type: "json" };

/** One line of code, how much it may weigh, and what may not be in it. */
export interface SizeLimit {
  readonly name: string;
  readonly code: string;
  /** Bytes, minified and gzipped. */
  readonly limit: number;
  /** Bytes that may come later, minified and gzipped. */
  readonly lateLimit?: number;
  /** Parts of paths that must not be among the static inputs. */
  readonly never: readonly string[];
  /** Nor among the late ones. */
  readonly neverLate?: boolean;
}

/** What is wrong with a measured bundle. */
export function judgeSize(limit: SizeLimit, size: BundleSize): Problem[] {
  const file = `bundle of ${limit.name}`;
  const problems: Problem[] = [];
  if (size.gzip > limit.limit)
    problems.push({ file, message: `has ${size.gzip} bytes min+gz, the limit is ${limit.limit}` });
  if (limit.lateLimit !== undefined && size.lateGzip > limit.lateLimit) {
    problems.push({ file, message: `loads ${size.lateGzip} bytes min+gz later, the limit is ${limit.lateLimit}` });
  }
  const inputs = limit.neverLate === true ? [...size.inputs, ...size.lateInputs] : size.inputs;
  for (const unwanted of limit.never) {
    const found = inputs.filter((input) => input.includes(unwanted.includes("/") ? unwanted : `/${unwanted}`));
    if (found.length > 0)
      problems.push({
        file,
        message: `pulls in ${found.slice(0, 3).join(", ")}, which must not be there ("${unwanted}")`,
      });
  }
  return problems;
}

/** Sizes that a text claims in a comment such as `<!-- size: tracklet/client -->18 kB` and that do not hold. */
export function judgeClaims(text: string, all: readonly SizeLimit[]): Problem[] {
  return [...text.matchAll(/<!-- size: ([^>]+?) -->\s*([\d.]+) kB/g)].flatMap(([, name, claimed]) => {
    const limit = all.find((one) => one.name === name);
    if (limit === undefined)
      return [{ file: "README.md", message: `tells a size of "${name}", which scripts/limits.json does not know` }];
    const wanted = limit.limit / 1000;
    return wanted === Number(claimed)
      ? []
      : [{ file: "README.md", message: `the size of "${name}" must be ${wanted} kB: current value is ${claimed} kB` }];
  });
}

/** Measures everything in scripts/limits.json. */
export async function checkSizes(base: string, all: readonly SizeLimit[]): Promise<Problem[]> {
  const problems: Problem[] = judgeClaims(readFileSync(join(base, "README.md"), "utf8"), all);
  for (const limit of all) {
    try {
      const size = await measureBundle(base, limit.code);
      const late = size.lateGzip > 0 ? `, ${kilobytes(size.lateGzip)} more when used` : "";
      console.log(`${limit.name}: ${kilobytes(size.gzip)} of ${kilobytes(limit.limit)}${late}`);
      problems.push(...judgeSize(limit, size));
    } catch (error) {
      problems.push({ file: `bundle of ${limit.name}`, message: (error as Error).message });
    }
  }
  return problems;
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

if (import.meta.main) reportProblems("sizes", await checkSizes(root, limits.sizes));
