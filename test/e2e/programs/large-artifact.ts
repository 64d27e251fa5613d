/** Logs a file of so many megabytes and reads it back, in a process whose memory is that of nothing else. */
import process from "node:process";
import { largeArtifact } from "../../../bench/large-artifact.ts";

const [megabytes = "", over] = process.argv.slice(2);
console.log(JSON.stringify(await largeArtifact(Number(megabytes), over === "socket" ? "socket" : "call")));
