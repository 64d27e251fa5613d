import type { DesiredFields, DesiredRun } from "../run-mapping.ts";

/** The part of a state that somebody writes, or has written. */
export function standing({ undone, ...state }: DesiredRun): DesiredRun {
  return undone ? without(state, undone) : state;
}

/** A state without what another one says as well. */
export function without<T extends DesiredFields>(state: T, other: DesiredFields): T {
  const pick = (values: object = {}, others: Readonly<Record<string, unknown>> = {}): object =>
    Object.fromEntries(Object.entries(values).filter(([key, value]) => others[key] !== value));
  return { ...(pick(state, { ...other }) as T), tags: pick(state.tags, other.tags) };
}
