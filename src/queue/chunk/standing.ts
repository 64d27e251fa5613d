import type { DesiredRun } from "../run-mapping.ts";

/** The part of a state that somebody writes, or has written. */
export function standing({ undone, ...state }: DesiredRun): DesiredRun {
  return undone ? without(state, undone) : state;
}

/** A state without what another one says as well. */
export function without(state: DesiredRun, other: DesiredRun): DesiredRun {
  const pick = <T>(values: object = {}, others: Readonly<Record<string, unknown>> = {}): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([key, value]) => others[key] !== value));
  return { ...pick(state, { ...other }), tags: pick(state.tags, other.tags) };
}
