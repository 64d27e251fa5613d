import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Problem } from "./problem.ts";

/** Relative links of Markdown pages that lead nowhere. Addresses and links within a page are not looked at. */
export function brokenLinks(base: string, pages: readonly string[]): Problem[] {
  return pages.flatMap((file) =>
    readFileSync(join(base, file), "utf8")
      .split("\n")
      .flatMap((text, index) =>
        [...text.matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, target = ""]) => target.replace(/#.*$/, ""))
          .filter((target) => target !== "" && !/^[a-z]+:/.test(target))
          .filter((target) => !existsSync(join(base, dirname(file), target)))
          .map((target) => ({ file, line: index + 1, message: `the link leads nowhere: "${target}"` })),
      ),
  );
}
