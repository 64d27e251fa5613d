import type { Random } from "../runtime/ports/random.ts";

const adjectives = "bold brave bright calm clever eager fair keen kind lucky merry proud quiet steady swift wise".split(
  " ",
);
const nouns = "badger bear crane deer dove finch fox gull hare heron lark lynx otter owl seal wren".split(" ");

/** A name for a run that was given none, in MLflow's manner: `calm-heron-42`. */
export function randomRunName(random: Random): string {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
  return `${adjectives[a % 16]}-${nouns[b % 16]}-${((c << 8) | d) % 1000}`;
}
