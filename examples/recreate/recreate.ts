/**
 * Makes the environment of a recording again, and says the one command that does it again:
 * `npm run -s example:recreate-again -- ID FOLDER [REPOSITORY]`.
 */
import { openTracker } from "tracklet/local";
import { recreateEnvironment } from "tracklet/recorder";

const [id = "", folder = "", repository] = process.argv.slice(2);
const { directory, install, run, problems } = await recreateEnvironment(id, folder, {
  tracker: openTracker,
  ...(repository !== undefined && { repository }),
});
for (const problem of problems) console.warn(problem);
console.log(`cd ${directory} && ${[install, run].filter((command) => command !== undefined).join(" && ")}`);
