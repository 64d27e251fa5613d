/**
 * `npm run test:finetuning`: the whole form of what the usual tests of the fine-tuning manager do in small: a process
 * stopped before and after every request, 500 operations and more in one random sequence, and 40 runs in two processes of
 * which one is killed. `--seed N` plays another sequence.
 */
import { parseArgs } from "node:util";
import { runCommand } from "./lib/run-command.ts";

const { values } = parseArgs({ options: { seed: { type: "string", default: "20" } } });
const files = ["crash.local", "random-sequence.local", "two-managers.node"].map(
  (name) => `test/finetuning/${name}.test.ts`,
);
const { code } = await runCommand("vitest", ["run", "--project", "node", ...files], {
  env: { TRACKLET_WHOLE: "1", TRACKLET_STEPS: "1500", TRACKLET_SEED: values.seed },
  onOutput: (text) => void process.stdout.write(text),
});
process.exitCode = code;
