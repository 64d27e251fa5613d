/** What is committed speaks of the product only: no addresses of package registries, no paths of one machine. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { lineAt } from "./lib/mask.ts";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

interface Rule {
  readonly pattern: RegExp;
  readonly message: string;
  /** Files in which the pattern has a meaning. */
  readonly except?: RegExp;
}

// Written in pieces, so that this file does not find itself.
const RULES: readonly Rule[] = [
  {
    pattern: new RegExp(
      `https?://[\\w.-]*(?:regis${"try"}|artifac${"tory"}|verdac${"cio"}|nex${"us"})[\\w.:-]*(?=[/"'\\s)]|$)`,
      "gi",
    ),
    message: "names a package registry",
  },
  {
    pattern: new RegExp(`"resol${"ved"}": "(?!file:|\\.|[^:"]*")`, "g"),
    message: "keeps the address that a package came from",
  },
  {
    pattern: new RegExp(
      `(?<![\\w.$}/-])(?:/(?:wo${"rk"}|ro${"ot"})/[\\w.-]+|${escaped(homedir())}/[\\w.-]+|${escaped(root)}\\b)`,
      "g",
    ),
    message: "names a path of one machine",
    // Recordings of servers are data.
    except: /^test\/golden\/.*\.json$|^\.ci\//,
  },
];

/** Every place in `text` that breaks a rule. */
export function findWords(file: string, text: string): Problem[] {
  return RULES.filter(({ except }) => !except?.test(file)).flatMap(({ pattern, message }) =>
    [...text.matchAll(pattern)].map((match) => ({
      file,
      line: lineAt(text, match.index + 1),
      message: `${message}: "${match[0]}"`,
    })),
  );
}

/** All tracked text files below `base`. */
export function checkWords(base: string): Problem[] {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: base, encoding: "utf8", maxBuffer: 1 << 26 });
  return listed
    .split("\0")
    .filter((file) => file !== "")
    .flatMap((file) => {
      const text = readText(join(base, file));
      return text === undefined ? [] : findWords(file, text);
    });
}

function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.subarray(0, 8_000).includes(0) ? undefined : bytes.toString("utf8");
  } catch {
    // Deleted in the working tree, but still in the index.
    return undefined;
  }
}

if (import.meta.main) reportProblems("words", checkWords(root));
