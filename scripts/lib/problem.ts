/** One thing that a check found. Warnings are shown, only errors fail. */
export interface Problem {
  /** Path from the root of the repository, with forward slashes. */
  readonly file: string;
  readonly line?: number;
  readonly message: string;
  readonly level?: "warning" | "error";
}

/** One line per problem, in the form that editors and terminals turn into links. */
function formatProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  return `${problem.level === "warning" ? "warning " : ""}${place}: ${problem.message}`;
}

/** Prints what a check found and sets the exit code. */
export function reportProblems(name: string, problems: readonly Problem[]): void {
  for (const problem of problems) console.log(formatProblem(problem));
  const errors = problems.filter((problem) => problem.level !== "warning").length;
  console.log(errors === 0 ? `${name}: ok` : `${name}: ${errors} ${errors === 1 ? "problem" : "problems"}`);
  if (errors > 0) process.exitCode = 1;
}
