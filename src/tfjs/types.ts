/** One weight as TensorFlow.js describes it in `model.json`. */
export interface TfjsWeight {
  name: string;
  shape: number[];
  dtype: "float32" | "int32" | "bool" | "string" | "complex64";
  quantization?: { scale?: number; min?: number; dtype: "uint16" | "uint8" | "float16" };
}

/** A model in pieces, as TensorFlow.js hands it to savers and takes it from loaders (`tf.io.ModelArtifacts`). */
export interface TfjsArtifacts {
  modelTopology?: object | ArrayBuffer;
  weightSpecs?: TfjsWeight[];
  weightData?: ArrayBuffer | ArrayBuffer[];
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  signature?: object;
  userDefinedMetadata?: { [key: string]: object };
}

/** What saves itself: `tf.LayersModel`, `tf.GraphModel`, `tf.Sequential`. */
export interface SavableModel {
  save(handler: { save(artifacts: TfjsArtifacts): Promise<SaveResult> }, config?: SaveConfig): Promise<unknown>;
}

/** What a saver answers. */
export interface SaveResult {
  modelArtifactsInfo: { dateSaved: Date; modelTopologyType: "JSON" };
}

/** How TensorFlow.js saves. */
export interface SaveConfig {
  includeOptimizer?: boolean;
}

/** What trains: `tf.LayersModel`, `tf.Sequential`. */
export interface TrainableModel {
  /** Set to true, it ends `fit` after the batch. */
  stopTraining: boolean;
}

/** Callbacks of `model.fit` as a plain object; TensorFlow.js takes it as it is. */
export interface TfjsCallback {
  onTrainBegin(): Promise<void>;
  onBatchEnd(batch: number, logs?: TfjsLogs): Promise<void>;
  onEpochEnd(epoch: number, logs?: TfjsLogs): Promise<void>;
  onTrainEnd(): Promise<void>;
}

/** Figures of a batch or an epoch. */
export type TfjsLogs = { [key: string]: number };
