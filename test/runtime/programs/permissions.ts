/** Uses everything that might make Deno ask for a permission, and prints what came of it. */
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";

const { environment, files, terminal, lifecycle } = defaultRuntime();
lifecycle.onEnd(() => {})();
const found = {
  variable: environment.get("PATH") ?? null,
  readable: environment.readable("PATH"),
  user: environment.user() ?? null,
  text: files?.readTextSync(import.meta.filename) ?? null,
  runtime: environment.runtimeVersion().split(" ")[0],
  width: terminal.columns(),
  entry: typeof environment.entry(),
  directory: typeof environment.directory(),
};
console.log(JSON.stringify(found));
