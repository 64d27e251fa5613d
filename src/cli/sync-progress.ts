import { groupThousands } from "../internal/group-thousands.ts";
import { truncate } from "../internal/terminal-text.ts";
import type { Queue } from "../queue/queue.ts";
import type { Amount, QueueStatus } from "../queue/types.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** Milliseconds between two looks of the bar. */
const PACE = 100;
const BAR = 24;
const CLEAR = "\r\u001b[K";

/** A bar on the terminal; nothing where there is none. */
export interface SyncProgress {
  /** Writes a line above the bar. */
  say(line: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** Shows how far a queue is with `total`. */
export function showProgress(
  queue: Pick<Queue, "status" | "subscribe">,
  total: Amount,
  { terminal, clock }: Runtime,
): SyncProgress {
  if (!terminal.interactive) return { say: (line) => terminal.writeError(`${line}\n`), end() {} };
  let next = 0;
  let bar = "";
  const draw = (status: QueueStatus): void => {
    const now = clock.monotonic();
    if (now < next) return;
    next = now + PACE;
    // Some terminals say that they are 0 columns wide.
    bar = truncate(progressText(status, total), (terminal.columns() || 80) - 1);
    terminal.writeError(CLEAR + bar);
  };
  draw(queue.status());
  const stop = queue.subscribe(draw);
  return {
    say: (line) => terminal.writeError(`${CLEAR}${line}\n${bar}`),
    end() {
      stop();
      terminal.writeError(CLEAR);
    },
  };
}

function progressText({ delivered, quarantined, host }: QueueStatus, total: Amount): string {
  const of = (word: keyof Amount): string =>
    `${groupThousands(delivered[word])} of ${groupThousands(total[word])} ${word}`;
  // A file that is still written to gets more than it had.
  const all = Math.max(1, total.points + total.requests);
  const share = Math.min(1, (delivered.points + delivered.requests) / all);
  const full = Math.floor(share * BAR);
  const state = host === "retrying" ? "  no answer, trying again" : "";
  const aside = quarantined.points + quarantined.requests;
  const refused = aside > 0 ? `  ${groupThousands(aside)} refused` : "";
  return `[${"#".repeat(full)}${"-".repeat(BAR - full)}] ${Math.floor(share * 100)} %  ${of("points")}, ${of("requests")}${refused}${state}`;
}
