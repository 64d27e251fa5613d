/** Why a server would refuse or lose a metric's numbers, to follow "it must"; undefined when it keeps them. */
export function pointProblem(value: number, timestamp: number, step: number): string | undefined {
  if (typeof value !== "number") return `have a number as value: current value is ${shown(value)}`;
  // One field that protobuf cannot parse makes MLflow drop the rest of the request, with status 200.
  if (!Number.isSafeInteger(step)) return `have an integer within +/-2^53 as step: current value is ${shown(step)}`;
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    return `have an integer number of milliseconds since 1970 as timestamp: current value is ${shown(timestamp)}`;
  }
  return undefined;
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${value.slice(0, 50).toWellFormed()}"` : String(value);
}
