// A web page that trains with TensorFlow.js. Without an address all stays in the page; pass trackingUri to keep it.
import "@tensorflow/tfjs-backend-cpu";
import { tensor2d } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { openTracker } from "tracklet/browser";

const tracker = await openTracker({ experiment: "in the page", onProblem: () => {} });
const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: "zeros" })] });
model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
const [xs, ys] = [tensor2d([0, 1, 2, 3], [4, 1]), tensor2d([1, 3, 5, 7], [4, 1])];

const losses = await tracker.withRun({ name: "line", params: { optimizer: "sgd" } }, async (run) => {
  const onEpochEnd = async (epoch: number, logs?: object): Promise<void> =>
    run.logMetrics({ ...logs }, { step: epoch });
  await model.fit(xs, ys, { epochs: 20, verbose: 0, callbacks: { onEpochEnd } });
  return run.history("loss");
});
console.log(
  `loss went from ${losses.at(0)?.value.toFixed(2)} to ${losses.at(-1)?.value.toFixed(2)} in ${losses.length} epochs`,
);
await tracker.close();
