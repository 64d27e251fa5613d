import { lineAt, mask } from "./mask.ts";

/** One import or re-export of a file. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import("...")`, which a bundle can load later. */
  readonly late: boolean;
  /** `import type` or `export type`: gone when the code runs. */
  readonly typeOnly: boolean;
}

const FROM = /(?<![.\w$])(?:import|export)\b\s*(type\b(?!\s*(?:from\b|,))\s*)?[\w$*{},\s]*?from\s*["']/g;
const BARE = /(?<![.\w$])import\s*["']/g;
const LATE = /(?<![.\w$])import\s*\(\s*["'`]/g;

/** All imports of a TypeScript file, in the order they stand. */
export function importsOf(source: string): Import[] {
  const { code, literals } = mask(source);
  const byStart = new Map(literals.map((literal) => [literal.start, literal.text]));
  const found = new Map<number, Import>();
  const collect = (pattern: RegExp, late: boolean): void => {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length;
      const specifier = byStart.get(start);
      if (specifier === undefined) continue;
      found.set(start, { specifier, line: lineAt(source, start), late, typeOnly: match[1] !== undefined });
    }
  };
  collect(BARE, false);
  collect(LATE, true);
  collect(FROM, false);
  return [...found].sort(([a], [b]) => a - b).map(([, value]) => value);
}
