import { truncate } from "../../internal/terminal-text.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** Milliseconds until the first line and between two of them. */
const patience = 1000;
const pace = 200;
const clear = "\r\u001b[K";

/** A line on the terminal for a transfer that takes long. */
export interface TransferProgress {
  /** Bytes of this file so far, and all of it where that is known. */
  readonly show: (path: string, got: number, total: number | undefined) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** Shows how far a transfer is, after a second; says nothing where standard error is no terminal. */
export function transferProgress({ terminal, clock }: Pick<Runtime, "terminal" | "clock">): TransferProgress {
  if (!terminal.interactive) return { show() {}, end() {} };
  let next = clock.monotonic() + patience;
  let shown = false;
  return {
    show(path, got, total) {
      const now = clock.monotonic();
      if (now < next) return;
      next = now + pace;
      shown = true;
      const share = total === undefined || total === 0 ? "" : `${Math.floor((got / total) * 100)} % of `;
      const text = `${share}${megabytes(total ?? got)}  ${path}`;
      terminal.writeError(clear + truncate(text, (terminal.columns() || 80) - 1));
    },
    end() {
      if (shown) terminal.writeError(clear);
    },
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
