/** The name that was made last for a step: most points have a step of their own, and each is named half a dozen times. */
interface Named {
  readonly key: string;
  readonly timestamp: number | bigint;
  readonly value: number;
  readonly name: string;
}

const known: (Named | undefined)[] = [];
/** Steps below it are remembered. */
const MOST = 20_000;

/** What makes a point the same as another one. `value` is as MLflow stores it. */
export function pointName(key: string, step: number | bigint, timestamp: number | bigint, value: number): string {
  const last = typeof step === "number" ? known[step] : undefined;
  if (last?.key === key && last.timestamp === timestamp && Object.is(last.value, value)) return last.name;
  const name = `metric ${key} ${step} ${timestamp} ${value}`;
  if (typeof step === "number" && step >= 0 && step < MOST) known[step] = { key, timestamp, value, name };
  return name;
}
