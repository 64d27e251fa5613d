/** Signals that ask to end. */
const ending: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
/** Signals that say something else, which is for the command to know. */
const others: readonly NodeJS.Signals[] = ["SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"];
/** Those that a terminal sends to all who run in it. */
const typed: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/**
 * Gives each signal to `forward` in place of what it would do to this process, which goes on until the command has ended:
 * what came of it is still to be recorded. `ends` is true for those that ask to end. Gives the way to stop.
 */
export function forwardSignals(forward: (signal: NodeJS.Signals | undefined, ends: boolean) => void): () => void {
  const listeners: [NodeJS.Signals, () => void][] = [];
  for (const signal of [...ending, ...others]) {
    const ends = ending.includes(signal);
    const hear = (): void => forward(reachesAll(signal) ? undefined : signal, ends);
    try {
      process.on(signal, hear);
      listeners.push([signal, hear]);
    } catch {
      // A platform without it.
    }
  }
  return () => {
    for (const [signal, hear] of listeners) process.off(signal, hear);
  };
}

/** Ctrl-C in a terminal reaches the command by itself, and twice means more than once to many programs. */
function reachesAll(signal: NodeJS.Signals): boolean {
  return typed.includes(signal) && [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}
