import { lineAt, mask } from "./mask.ts";

/** A piece of TypeScript in a doc comment or a Markdown page. */
export interface Snippet {
  readonly file: string;
  /** Line of its first line of code. */
  readonly line: number;
  readonly code: string;
  /** False for ```` ```ts no-run ````: type-checked only. */
  readonly run: boolean;
}

const FENCE = /^([^\n`]*)```(?:ts|typescript)\b([^\n]*)\n([\s\S]*?)^[^\n`]*```/gm;

/** Fenced TypeScript of the doc comments of a source file; ```` ```ts no-check ```` is left alone. */
export function snippetsInSource(file: string, source: string): Snippet[] {
  return mask(source)
    .comments.filter((comment) => comment.text.startsWith("/**"))
    .flatMap((comment) =>
      fencesIn(file, comment.text, lineAt(source, comment.start), (line) => line.replace(/^\s*\* ?/, "")),
    );
}

/** Fenced TypeScript of a Markdown page. */
export function snippetsInMarkdown(file: string, text: string): Snippet[] {
  return fencesIn(file, text, 1, (line) => line);
}

function fencesIn(file: string, text: string, firstLine: number, clean: (line: string) => string): Snippet[] {
  return [...text.matchAll(FENCE)]
    .filter(([, , info = ""]) => !info.includes("no-check"))
    .map((match) => ({
      file,
      line: firstLine + lineAt(text, match.index + 1) - 1 + (match[0].startsWith("\n") ? 1 : 0) + 1,
      code: (match[3] ?? "").split("\n").map(clean).join("\n"),
      run: !(match[2] ?? "").includes("no-run"),
    }));
}
