/**
 * What MLflow takes, seen on 3.17.2 and 2.22.5. Lengths are in Unicode code points, as Python counts them.
 */
export const limits: {
  readonly metricsPerBatch: 1000;
  readonly paramsPerBatch: 100;
  readonly tagsPerBatch: 100;
  /** Metrics, params and tags of one `log-batch` together. */
  readonly itemsPerBatch: 1000;
  readonly keyLength: 250;
  /** A longer value is cut by the server without a word. */
  readonly paramValueLength: 6000;
  /** Of a run's tag; a longer value is cut by the server without a word. */
  readonly tagValueLength: 8000;
  /** A longer value is refused; 5,000 before MLflow 3. */
  readonly experimentTagValueLength: 20_000;
  readonly experimentNameLength: 500;
  readonly datasetNameLength: 500;
  readonly datasetDigestLength: 36;
  /** Bytes of one segment of an artifact's path. */
  readonly fileNameBytes: 255;
  /** Bytes of a path of an artifact, which is part of an address. */
  readonly pathBytes: 4096;
} = {
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  itemsPerBatch: 1000,
  keyLength: 250,
  paramValueLength: 6000,
  tagValueLength: 8000,
  experimentTagValueLength: 20_000,
  experimentNameLength: 500,
  datasetNameLength: 500,
  datasetDigestLength: 36,
  fileNameBytes: 255,
  pathBytes: 4096,
};

/** Python's `\w` and what MLflow allows beside it. */
const alphabet = /^[\p{L}\p{N}_/.\-: ]*$/u;
const strange = /[^\p{L}\p{N}_/.\-: ]/u;

/**
 * Why a server refuses a key of a metric, param or tag; undefined when it takes it.
 *
 * @returns What the key must be, to follow "it must".
 */
export function keyProblem(key: string): string | undefined {
  if (key === "") return "not be empty";
  if (!alphabet.test(key)) {
    const [found = ""] = strange.exec(key) ?? [];
    return `hold only letters, digits, "_", "-", ".", ":", "/" and spaces: ${JSON.stringify(found.toWellFormed())} is none of them`;
  }
  if (key.length > limits.keyLength && codePoints(key) > limits.keyLength) {
    return `be at most ${limits.keyLength} characters long: it has ${codePoints(key)}`;
  }
  if (!isPlainPath(key)) return `be a plain path, without "." or ".." or empty parts between "/"`;
  return undefined;
}

/** True when a key equals its POSIX normal form, as MLflow asks since keys were file names. */
function isPlainPath(key: string): boolean {
  // Not only ".." as a part: MLflow refuses whatever begins with two dots.
  if (key.startsWith("..")) return false;
  if (!key.includes("/")) return key !== ".";
  return key.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Length in Unicode code points. */
export function codePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    count++;
    if ((text.codePointAt(index) ?? 0) > 0xffff) index++;
  }
  return count;
}

/** The first `length` code points of `text`, with lone surrogates replaced; the same string when nothing is to do. */
export function cutText(text: string, length: number): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  if (whole.length <= length) return whole;
  let units = 0;
  for (let count = 0; count < length && units < whole.length; count++) {
    units += (whole.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return whole.slice(0, units);
}
