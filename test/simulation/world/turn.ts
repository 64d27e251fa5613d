import { detectRuntime } from "../../../src/runtime/detect-runtime.ts";

type Schedule = (callback: () => void) => unknown;

interface Host {
  readonly setImmediate?: Schedule;
  readonly process?: { readonly nextTick: Schedule };
}

const { setImmediate: immediate, process } = globalThis as Host;

/** One round of the event loop: every microtask that can run has run when it resolves. Costs about 2 µs in Node. */
export const turn: () => Promise<void> = immediate ? () => new Promise((resolve) => immediate(resolve)) : portTurn();

/**
 * Calls when every microtask that can run has run, for worlds in which nothing real happens but microtasks: in Node a tenth
 * of the cost of `turn`. Only there: workerd has a `nextTick` too, which comes before the microtasks are done.
 */
export const afterMicrotasks: ((callback: () => void) => void) | undefined =
  process !== undefined && detectRuntime() === "node" ? nextTick(process.nextTick) : undefined;

/** Ticks run one after the other before any microtask, so each is asked for by a microtask. */
function nextTick(schedule: Schedule): (callback: () => void) => void {
  const now = Promise.resolve();
  return (callback) => void now.then(() => schedule(callback));
}

function portTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(0);
    });
}
