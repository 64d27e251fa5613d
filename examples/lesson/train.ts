import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Run } from "tracklet";
import { type Penguin, random, type Scaler, seed, shuffle, type Split } from "./data.ts";
import { buildModel, toTensors } from "./model.ts";

/** What one run tries. Nested as it is: tracklet makes `optimizer.lr` and so on of it. */
export interface Settings {
  readonly model: { readonly units: number; readonly activation: "relu" };
  readonly optimizer: { readonly name: "sgd"; readonly lr: number; readonly momentum: number };
  readonly schedule: "constant" | "cosine" | "step";
  readonly training: { readonly epochs: number; readonly batchSize: number; readonly patience: number };
  readonly seed: number;
}

/** One epoch, as it is logged and shown. */
export interface Epoch {
  readonly loss: number;
  readonly acc: number;
  readonly val_loss: number;
  readonly val_acc: number;
  readonly lr: number;
}

export interface Trained {
  readonly model: LayersModel;
  readonly epochs: readonly Epoch[];
  readonly stoppedEarly: boolean;
}

/**
 * Trains one model and logs it to `run` while it goes. Logging is a plain call: it neither waits nor throws, whatever the
 * server does.
 */
export async function train(
  run: Run,
  settings: Settings,
  data: Split,
  scaler: Scaler,
  onEpoch: (epochs: readonly Epoch[]) => void,
): Promise<Trained> {
  const { epochs: most, batchSize, patience } = settings.training;
  const optimizer = tf.train.momentum(settings.optimizer.lr, settings.optimizer.momentum);
  const model = buildModel(settings.model.units);
  model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const validation = toTensors(data.validation, scaler);
  const next = random(seed);
  const epochs: Epoch[] = [];
  let best = { epoch: -1, loss: Number.POSITIVE_INFINITY, weights: [] as tf.Tensor[] };

  for (let epoch = 0; epoch < most; epoch++) {
    const lr = learningRate(settings, epoch);
    optimizer.setLearningRate(lr);
    const [loss, acc] = await trainEpoch(model, batches(shuffle(data.training, next), batchSize), scaler, (batchLoss) =>
      run.logMetric("batch_loss", batchLoss),
    );
    const [val_loss, val_acc] = await scores(model.evaluate(validation.x, validation.y));
    const row: Epoch = { loss, acc, val_loss, val_acc, lr };
    run.logMetrics({ ...row }, { step: epoch });
    epochs.push(row);
    onEpoch(epochs);

    if (val_loss < best.loss - 1e-3) {
      tf.dispose(best.weights);
      best = { epoch, loss: val_loss, weights: model.getWeights().map((weight) => weight.clone()) };
    }
    if (epoch - best.epoch >= patience) break;
    // Lets the program breathe: deliveries go out, and a run that is asked to stop does.
    await tf.nextFrame();
    run.signal.throwIfAborted();
  }
  if (best.weights.length > 0) model.setWeights(best.weights);
  tf.dispose([validation.x, validation.y, best.weights]);
  return { model, epochs, stoppedEarly: epochs.length < most };
}

/** One pass over the training rows. */
async function trainEpoch(
  model: LayersModel,
  rows: readonly (readonly Penguin[])[],
  scaler: Scaler,
  onBatch: (loss: number) => void,
): Promise<[loss: number, acc: number]> {
  let [count, lossSum, accSum] = [0, 0, 0];
  for (const batch of rows) {
    const { x, y } = toTensors(batch, scaler);
    const [loss = Number.NaN, acc = Number.NaN] = [await model.trainOnBatch(x, y)].flat();
    tf.dispose([x, y]);
    onBatch(loss);
    count += batch.length;
    lossSum += loss * batch.length;
    accSum += acc * batch.length;
  }
  return [lossSum / count, accSum / count];
}

function learningRate({ optimizer: { lr }, schedule, training: { epochs } }: Settings, epoch: number): number {
  if (schedule === "cosine") return lr * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs));
  if (schedule === "step") return lr * 0.5 ** Math.floor((4 * epoch) / epochs);
  return lr;
}

function batches<T>(rows: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    rows.slice(index * size, (index + 1) * size),
  );
}

async function scores(evaluated: tf.Scalar | tf.Scalar[]): Promise<[loss: number, acc: number]> {
  const [loss = Number.NaN, acc = Number.NaN] = [evaluated].flat().map((scalar) => scalar.dataSync()[0] ?? Number.NaN);
  tf.dispose(evaluated);
  return [loss, acc];
}
