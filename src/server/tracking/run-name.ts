import type { Random } from "../../runtime/ports/random.ts";

const qualities = (
  "able agile amber ample apt bold brave brief bright brisk calm candid clean clear clever cool crisp curious daring " +
  "deft eager early easy exact fair fast fine firm fleet fond frank fresh gentle glad good grand happy honest humble " +
  "keen kind level light lively loyal lucid mellow merry mild modest neat nimble noble open patient placid plain " +
  "polite proud pure quick quiet rare ready robust round secure serene sharp silent simple smart smooth sober solid " +
  "sound spry steady still strong subtle sunny sure swift tidy tough true vast vivid warm wise witty young zesty"
).split(" ");
const things = (
  "ant auk bat bear bee bird boar bug calf carp cat clam cod colt cow crab crane crow cub deer doe dog dove duck eel " +
  "elk emu ewe fawn finch fish fly foal fox frog gnat gnu goat goose grouse gull hare hawk hen heron hog horse ibex " +
  "jay kid kite koi lamb lark lion lynx mare midge mink mole moose moth mouse mule newt orca otter owl ox panda perch " +
  "pig pike pony pug puma quail ram rat raven ray robin rook seal shad sheep shrew skate sloth snail snake sole stag " +
  "stork swan tern toad trout tuna vole wasp whale wolf worm wren yak zebra"
).split(" ");

/** A name for a run that has none, such as `calm-otter-417`. */
export function newRunName(random: Random): string {
  const [a, b, c, d] = random.bytes(4);
  const number = ((c! << 8) | d!) % 1000;
  return `${qualities[a! % qualities.length]}-${things[b! % things.length]}-${number}`;
}
