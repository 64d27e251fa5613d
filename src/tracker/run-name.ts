import type { Random } from "../runtime/ports/random.ts";

const adjectives =
  "able bold brave bright brisk calm clean clever crisp eager fair fleet gentle grand honest keen kind lively lucky merry mild neat noble proud quick quiet rapid silent steady sunny swift wise".split(
    " ",
  );
const nouns =
  "ant badger bat bear bee crane crow deer dove duck elk finch fox frog goat gull hare hawk heron ibis jay kite lark lynx mole moth newt otter owl seal swan wren".split(
    " ",
  );

/** A name for a run that was given none, in MLflow's manner: `calm-heron-42`. */
export function randomRunName(random: Random): string {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
  return `${adjectives[a % 32]}-${nouns[b % 32]}-${((c << 8) | d) % 1000}`;
}
