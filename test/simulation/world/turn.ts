const { setImmediate: immediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };

/** One round of the event loop: every microtask that can run has run when it resolves. Costs about 2 µs in Node. */
export const turn: () => Promise<void> = immediate ? () => new Promise((resolve) => immediate(resolve)) : portTurn();

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
