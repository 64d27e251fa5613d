/** Tells how its process ends. The first argument says how it shall end. */
import { writeSync } from "node:fs";
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";
import type { EndReason } from "../../../src/runtime/ports/lifecycle.ts";

const { lifecycle, clock } = defaultRuntime();
const say = (text: string): void => void writeSync(1, `${text}\n`);

function described(reason: EndReason): string {
  const detail =
    reason.kind === "error" ? (reason.error as Error).message : reason.kind === "signal" ? reason.signal : "";
  return `${reason.kind} ${detail}${reason.final === true ? " final" : ""}`;
}

const how = process.argv[2];
const exitOnce = (): void =>
  void process.once("SIGINT", () => {
    say("own end");
    setTimeout(() => process.exit(7), 1);
  });
if (how === "once before") exitOnce();
if (how === "handled once") process.once("uncaughtException", () => say("handled by the program"));

const stop = lifecycle.onEnd(async (reason) => {
  say(`told ${described(reason)}`);
  if (how?.startsWith("stuck")) return new Promise(() => {});
  // An unref'd timer: only the lifecycle keeps the process alive meanwhile.
  await new Promise<void>((resolve) => void clock.after(20, resolve));
  say("finished");
});

const idle = (): void => void setInterval(() => {}, 1000);

if (how === "throw with rejections handled") process.on("unhandledRejection", () => say("handled by the program"));
if (how === "throw" || how === "handled once" || how === "throw with rejections handled") {
  setTimeout(() => {
    throw new Error("out of luck");
  }, 1);
}
if (how === "reject") void Promise.reject(new Error("out of luck"));
if (how === "exit") process.exit(0);
if (how === "exit 3") process.exit(3);
if (how === "handled") {
  process.on("uncaughtException", () => say("handled by the program"));
  process.on("unhandledRejection", () => say("handled by the program"));
  setTimeout(() => {
    throw new Error("out of luck");
  }, 1);
}
if (how === "own signal") {
  process.on("SIGTERM", () => {
    say("own end");
    process.exit(7);
  });
}
if (how === "once after") exitOnce();
if (how === "stopped") stop();
if (how?.startsWith("once") || how === "signal" || how === "own signal" || how === "stuck") {
  say("ready");
  idle();
}
