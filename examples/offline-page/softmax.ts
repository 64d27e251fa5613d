/** One penguin: its measures, brought to mean 0 and deviation 1, and the number of its species. */
export interface Penguin {
  readonly measures: readonly number[];
  readonly label: number;
}

const features = ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"] as const;
const species = ["Adelie", "Chinstrap", "Gentoo"] as const;

/** The 342 penguins that were measured, scaled. `rows` is penguins.json of the package vega-datasets. */
export function readPenguins(rows: readonly Record<string, unknown>[]): Penguin[] {
  const measured = rows.filter((row) => features.every((feature) => typeof row[feature] === "number"));
  const columns = features.map((feature) => measured.map((row) => Number(row[feature])));
  const scaled = columns.map((column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
    return column.map((value) => (value - mean) / deviation);
  });
  return measured.map((row, index) => ({
    measures: scaled.map((column) => column[index]!),
    label: species.indexOf(row["Species"] as (typeof species)[number]),
  }));
}

/** Softmax regression: a probability for each species from four measures, learnt by gradient descent. */
export class Model {
  readonly #weights: number[][] = species.map(() => new Array<number>(features.length + 1).fill(0));

  /** Goes once through all penguins. Gives the mean loss, and the share that is told right. */
  learn(penguins: readonly Penguin[], rate: number): { loss: number; accuracy: number } {
    const steps = this.#weights.map((row) => row.map(() => 0));
    let loss = 0;
    let right = 0;
    for (const { measures, label } of penguins) {
      const inputs = [...measures, 1];
      const chances = this.#chances(inputs);
      loss -= Math.log(chances[label]!);
      if (chances.indexOf(Math.max(...chances)) === label) right++;
      for (const [kind, row] of steps.entries()) {
        const error = chances[kind]! - (kind === label ? 1 : 0);
        for (const [n, input] of inputs.entries()) row[n]! += error * input;
      }
    }
    for (const [kind, row] of this.#weights.entries()) {
      for (const n of row.keys()) row[n]! -= (rate / penguins.length) * steps[kind]![n]!;
    }
    return { loss: loss / penguins.length, accuracy: right / penguins.length };
  }

  #chances(inputs: readonly number[]): number[] {
    const powers = this.#weights.map((row) => Math.exp(row.reduce((sum, weight, n) => sum + weight * inputs[n]!, 0)));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }
}
