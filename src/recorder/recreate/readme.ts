import { version } from "../../internal/version.ts";
import { ENVIRONMENT } from "../environment/types.ts";
import { isControl, shellWord } from "./run-command.ts";
import type { RecordedParts } from "./read-recording.ts";

/** The text that says what a folder is, and the one command that does it again. */
export function readme(
  { name, runId, environment }: RecordedParts,
  commands: readonly string[],
  problems: readonly string[],
): string {
  const { runtime, os, git, variables, packageManager, recordedAt, leftOut } = environment;
  const facts = [
    `${runtime.name} ${runtime.version}`,
    os && [os.name, os.release, os.architecture].filter(Boolean).join(" "),
    packageManager?.version && `${packageManager.name} ${packageManager.version}`,
    git &&
      `commit ${git.commit}${git.branch === undefined ? "" : ` of ${git.branch}`}${git.diff ? ", with changes" : ""}`,
  ].filter((fact) => !!fact);
  const set = Object.entries(variables).map(([key, value]) =>
    // What no shell takes for a variable would be a command.
    /^[A-Za-z_]\w*$/.test(key) ? `${key}=${shellWord(value)}` : `# ${shellWord(`${key}=${value}`)}`,
  );
  const list = (lines: readonly unknown[]): string => lines.map((line) => `- ${plain(String(line))}\n`).join("");
  return [
    `# ${plain(name)}, made again\n`,
    `The environment of MLflow run ${plain(runId)} of ${new Date(recordedAt).toISOString()}, written by tracklet ${version}.\n`,
    commands.length > 0 && `\`\`\`sh\n${commands.join(" && ")}\n\`\`\`\n`,
    `## What it was\n\n${list(facts)}`,
    set.length > 0 && `## Environment variables\n\n\`\`\`sh\n${set.join("\n")}\n\`\`\`\n`,
    problems.length > 0 && `## What is not as it was\n\n${list(problems)}`,
    leftOut.length > 0 && `## What was not recorded\n\n${list(leftOut.map(({ what, why }) => `${what}: ${why}`))}`,
    `Everything that was recorded lies in the run's artifacts below \`${ENVIRONMENT}\`.\n`,
  ]
    .filter((part) => part !== false)
    .join("\n");
}

/** Text of a recording as a text that Markdown, a terminal and whoever reads it take for nothing else. */
function plain(text: string): string {
  const line = [...text].map((char) => (isControl(char) ? " " : char)).join("");
  return line.replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}
