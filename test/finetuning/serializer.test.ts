import { describe, expect, test } from "vitest";
import { bytesSerializer, jsonSerializer, type TfjsArtifacts, tfjsSerializer } from "../../src/finetuning/index.ts";

/** What a model of TensorFlow.js does with its savers, by structure; test/tfjs has real ones. */
class LayersModel {
  readonly artifacts: TfjsArtifacts;
  constructor(artifacts: TfjsArtifacts) {
    this.artifacts = artifacts;
  }
  save(handler: { save(artifacts: TfjsArtifacts): Promise<unknown> }): Promise<unknown> {
    return handler.save(this.artifacts);
  }
}

describe("serializers", () => {
  test("S0.17 jsonSerializer() and bytesSerializer() give back what they took", async () => {
    const json = jsonSerializer<{ w: number[] }>();
    expect(await json.load(await json.save({ w: [1e-7, -2] }))).toEqual({ w: [1e-7, -2] });
    const zeros = await json.load(await json.save({ w: [0, -0] }));
    expect(Object.is(zeros.w[1], -0)).toBe(true);
    for (const lost of [Float32Array.of(1), Number.NaN, new Map(), new Date(0), [undefined], 1n])
      expect(() => json.save({ w: lost as never })).toThrow("Cannot save a model as JSON as");
    const bytes = bytesSerializer("m.onnx");
    expect(await bytes.load(await bytes.save(Uint8Array.of(0, 255)))).toEqual(Uint8Array.of(0, 255));
    expect(() => bytes.load(new Map())).toThrow('must have the file "m.onnx": it has none');
    expect(() => json.save(undefined as never)).toThrow("current value is undefined");
  });

  test("S0.17 tfjsSerializer() writes the form that tf.loadLayersModel reads from a web server", async () => {
    const serializer = tfjsSerializer(async (handler) => new LayersModel(await handler.load()));
    const weightSpecs = [{ name: "w", shape: [2], dtype: "float32" as const }];
    const [a, b] = [Float32Array.of(0.5), Float32Array.of(-1)];
    const files = await serializer.save(
      new LayersModel({ modelTopology: { layers: 1 }, weightSpecs, weightData: [a.buffer, b.buffer] }),
    );
    expect([...files.keys()]).toEqual(["model.json", "weights.bin"]);
    expect(JSON.parse(new TextDecoder().decode(files.get("model.json")))).toEqual({
      format: "layers-model",
      modelTopology: { layers: 1 },
      weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
    });
    const { artifacts } = await serializer.load(files);
    expect(artifacts).toMatchObject({ modelTopology: { layers: 1 }, weightSpecs });
    expect([...new Float32Array(artifacts.weightData as ArrayBuffer)]).toEqual([0.5, -1]);
    await expect(serializer.save(new LayersModel({}))).rejects.toThrow("its topology must be JSON");
    for (const missing of ["model.json", "weights.bin"]) {
      const rest = new Map([...files].filter(([name]) => name !== missing));
      await expect(serializer.load(rest)).rejects.toThrow(`must have the file "${missing}"`);
    }
  });
});
