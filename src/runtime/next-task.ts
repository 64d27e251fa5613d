/**
 * Calls back in a new task, so that timers, signals and input have their turn before. Not `setTimeout`: browsers slow
 * nested ones down to 4 ms, and hidden pages to a second.
 */
export function nextTask(callback: () => void): void {
  if (typeof globalThis.setImmediate === "function") {
    globalThis.setImmediate(callback);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
}
