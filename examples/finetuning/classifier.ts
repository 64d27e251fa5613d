import { type Penguin, random, type Scaler, scale, shuffle, species } from "../lesson/data.ts";

/** A softmax regression: a row of weights per species, the last one of each is the bias. */
export interface Classifier {
  readonly scaler: Scaler;
  readonly weights: number[][];
}

/** How it is trained. */
export interface Training {
  readonly rate: number;
  readonly decay: number;
  readonly batch: number;
  /** Ends after so many epochs without a better validation loss. */
  readonly patience: number;
}

export function untrained(scaler: Scaler): Classifier {
  return { scaler, weights: species.map(() => Array<number>(scaler.features.length + 1).fill(0)) };
}

function probabilities({ weights, scaler }: Classifier, penguin: Penguin): number[] {
  const inputs = [...scale(penguin, scaler), 1];
  const scores = weights.map((row) => row.reduce((sum, weight, index) => sum + weight * (inputs[index] ?? 0), 0));
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((all, power) => all + power);
  return powers.map((power) => power / sum);
}

/** Mean cross entropy, and the share that is told right. */
export function judge(model: Classifier, penguins: readonly Penguin[]): { loss: number; accuracy: number } {
  let [loss, right] = [0, 0];
  for (const penguin of penguins) {
    const all = probabilities(model, penguin);
    loss -= Math.log(Math.max(1e-12, all[penguin.label] ?? 0));
    if (all.indexOf(Math.max(...all)) === penguin.label) right++;
  }
  return { loss: loss / penguins.length, accuracy: right / penguins.length };
}

/** Goes on from a model, epoch by epoch; the one it went on from stays as it is. */
export function* tune(
  from: Classifier,
  penguins: readonly Penguin[],
  { rate, decay, batch }: Training,
): Generator<Classifier> {
  const model = { scaler: from.scaler, weights: from.weights.map((row) => [...row]) };
  const chance = random(1);
  for (let epoch = 0; epoch < 60; epoch++) {
    const shuffled = shuffle(penguins, chance);
    for (let at = 0; at < shuffled.length; at += batch) {
      const part = shuffled.slice(at, at + batch);
      const steps = part.map((penguin) => ({
        inputs: [...scale(penguin, model.scaler), 1],
        all: probabilities(model, penguin),
        label: penguin.label,
      }));
      for (const [kind, row] of model.weights.entries()) {
        for (const [index, weight] of row.entries()) {
          const slope = steps.reduce(
            (sum, { inputs, all, label }) => sum + ((all[kind] ?? 0) - (label === kind ? 1 : 0)) * (inputs[index] ?? 0),
            0,
          );
          row[index] = weight - rate * (slope / part.length + decay * weight);
        }
      }
    }
    yield { scaler: model.scaler, weights: model.weights.map((row) => [...row]) };
  }
}
