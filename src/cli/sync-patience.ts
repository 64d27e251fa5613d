import { formatDuration } from "../internal/format.ts";
import { groupThousands } from "../internal/group-thousands.ts";
import type { Amount } from "../queue/types.ts";
import type { Clock, Timer } from "../runtime/ports/clock.ts";

/** Milliseconds after the start at which a person is told how it stands; from then on at the longest of these pauses. */
const TIMES = [10_000, 60_000, 180_000, 600_000];

/** What it needs. */
export interface PatienceParts {
  /** Name of the queue file. */
  readonly file: string;
  readonly total: Amount;
  readonly clock: Clock;
  /** A bar shows what moves. */
  readonly interactive: boolean;
  readonly delivered: () => Amount;
  /** Why nothing moves, if that is known. */
  readonly trouble: () => string | undefined;
  /** Another process delivers what waits. */
  readonly elsewhere: () => boolean;
  readonly say: (line: string) => void;
}

/** Tells now and then how it stands with a sync that takes long. Gives what ends that. */
export function showPatience(parts: PatienceParts): () => void {
  const { file, total, clock, interactive, delivered, say } = parts;
  const begun = clock.monotonic();
  let before = 0;
  let told = 0;
  let timer: Timer | undefined;

  const tell = (): void => {
    const now = delivered();
    const moved = now.points + now.requests > before;
    before = now.points + now.requests;
    const after = `after ${formatDuration(clock.monotonic() - begun)}`;
    const trouble = parts.trouble();
    if (moved && !interactive) say(`${progress(now, total)} ${after}`);
    else if (!moved && parts.elsewhere()) {
      say(
        `Still waiting ${after}: another process has ${file} open and delivers what waits there. Ctrl-C leaves that to it`,
      );
    } else if (!moved) {
      const why = trouble === undefined ? "" : `: ${trouble}; tries go on, with growing pauses`;
      say(`Still trying ${after}${why}. Ctrl-C keeps all in ${file}`);
    }
    plan();
  };
  const plan = (): void => {
    const [last = 0] = TIMES.slice(-1);
    const at = TIMES[told++];
    timer = clock.after(at === undefined ? last : at - (TIMES[told - 2] ?? 0), tell);
  };
  plan();
  return () => timer?.cancel();
}

function progress(delivered: Amount, total: Amount): string {
  const of = (word: keyof Amount): string =>
    `${groupThousands(delivered[word])} of ${groupThousands(total[word])} ${word}`;
  return `Sent ${of("points")} and ${of("requests")}`;
}
