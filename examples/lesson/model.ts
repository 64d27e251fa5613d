import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { initializers, layers, type LayersModel, sequential } from "@tensorflow/tfjs-layers";
import { features, type Penguin, scale, type Scaler, seed, species } from "./data.ts";

// Without it tfjs advises, at every start in Node, to install another package.
tf.enableProdMode();

/** A small network: the measures in, one hidden layer, a probability per species out. */
export function buildModel(units: number): LayersModel {
  const model = sequential();
  const weights = (offset: number) => initializers.glorotUniform({ seed: seed + offset });
  model.add(
    layers.dense({
      units,
      activation: "relu",
      inputShape: [features.length],
      kernelInitializer: weights(0),
      name: "hidden",
    }),
  );
  model.add(
    layers.dense({ units: species.length, activation: "softmax", kernelInitializer: weights(1), name: "species" }),
  );
  return model;
}

/** Inputs `[rows, 4]` and one-hot labels `[rows, 3]`. */
export function toTensors(penguins: readonly Penguin[], scaler: Scaler): { x: tf.Tensor2D; y: tf.Tensor2D } {
  const x = tf.tensor2d(penguins.map((penguin) => scale(penguin, scaler)));
  const y = tf.tensor2d(penguins.map(({ label }) => species.map((_, index) => (index === label ? 1 : 0))));
  return { x, y };
}

/** Index of the likeliest species, per penguin. */
export function predict(model: LayersModel, penguins: readonly Penguin[], scaler: Scaler): number[] {
  return tf.tidy(() => {
    const probabilities = model.predict(toTensors(penguins, scaler).x) as tf.Tensor2D;
    return [...tf.argMax(probabilities, 1).dataSync()];
  });
}
