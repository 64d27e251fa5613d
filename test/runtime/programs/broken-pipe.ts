/** Writes until nobody reads any more: the test closes the pipes after the first line. */
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";

const { lifecycle, clock, terminal } = defaultRuntime();

lifecycle.onEnd(async () => {
  // An unref'd timer: only the lifecycle keeps the process alive meanwhile.
  await new Promise<void>((resolve) => void clock.after(20, resolve));
  terminal.writeError("some of it did not reach the server\n");
});

if (process.argv[2] === "notices") {
  for (let line = 0; line < 20; line++) {
    terminal.writeError(`${line}\n`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
} else {
  setInterval(() => {
    console.log("to standard output");
    console.error("to standard error");
  }, 5);
}
