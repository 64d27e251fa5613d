// A program that knows nothing of tracklet: it prints, and ends as it is told.
const [what] = process.argv.slice(2);
console.log("begins");
console.log("loss=0.5 accuracy=0.25 step=1");
console.error("loss=0.25, accuracy=0.75, step=2");
console.log(`the key is ${process.env.STATION_TOKEN}`);
process.stdout.write("lr=1e-3\rlr=nan\nno end of line");
if (what === "fail") process.exitCode = 3;
if (what === "wait") {
  process.on("SIGTERM", () => {
    console.log("\ncaught SIGTERM");
    process.exit(5);
  });
  // Deno listens to a signal only some turns later.
  setInterval(() => console.log("\nwaits"), 200);
}
if (what === "die") process.kill(process.pid, "SIGKILL");
