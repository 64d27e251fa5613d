/** The wish to stop. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** Exit code of the signal that came, if one did. */
  readonly code: number | undefined;
  /** Listens no more. */
  stop(): void;
}

const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Hears the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignals(): StopSignals {
  const controller = new AbortController();
  let code: number | undefined;
  const hear = (name: keyof typeof codes) => (): void => {
    code = codes[name];
    stop();
    controller.abort();
  };
  const listeners = { SIGINT: hear("SIGINT"), SIGTERM: hear("SIGTERM") };
  const stop = (): void => {
    process.off("SIGINT", listeners.SIGINT);
    process.off("SIGTERM", listeners.SIGTERM);
  };
  process.on("SIGINT", listeners.SIGINT);
  process.on("SIGTERM", listeners.SIGTERM);
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
    stop,
  };
}
