import { spawn } from "node:child_process";
// A program that knows nothing of tracklet: it prints, and ends as it is told.
const [what] = process.argv.slice(2);
console.log("begins");
console.log("loss=0.5 accuracy=0.25 step=1");
console.error("loss=0.25, accuracy=0.75, peak=inf, step=2");
console.log(`the key is ${process.env.STATION_TOKEN}`);
process.stdout.write("lr=1e-3\rlr=nan\nno end of line");
if (what === "short") console.log(`\npid ${process.pid}`);
if (what === "fail" || what === "short") process.exitCode = 3;
if (what === "wait") {
  for (const name of ["SIGUSR2", "SIGQUIT"]) process.on(name, () => console.log(`\ncaught ${name}`));
  process.on("SIGTERM", () => {
    console.log("\ncaught SIGTERM");
    process.exit(5);
  });
  process.on("SIGINT", () => {
    console.log("\ncaught SIGINT");
    process.exit(6);
  });
  // Deno listens to a signal only some turns later.
  setInterval(() => console.log("\nwaits"), 200);
}
if (what === "die") process.kill(process.pid, "SIGKILL");
if (what === "leave") {
  const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
  for (const text of ["\n-----BEGIN PRIVATE KEY-----", line, line, "-----END PRIVATE KEY-----"]) {
    console.log(text);
    console.error("beside it");
  }
  // Who stays holds the pipes.
  spawn("sleep", ["30"], { stdio: ["ignore", "inherit", "inherit"], detached: true }).unref();
}
if (what === "pour") setInterval(() => console.log("\nmore"), 10);
