/** The file that a body is read from. */
export interface FileBody {
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Its last change when it was logged, in milliseconds since 1970. */
  readonly modified: number;
  /** It is sent from where it lies, and no copy is kept of it: it takes no room in a queue. */
  readonly inPlace: boolean;
  /** It is there, and as it was when it was logged. */
  isUnchanged(): Promise<boolean>;
}

const files = new WeakMap<Blob, FileBody>();

/** Notes which file a Blob reads when it is consumed. */
export function ofFile(blob: Blob, file: FileBody): Blob {
  files.set(blob, file);
  return blob;
}

/** The file that a Blob reads; undefined for one that holds its bytes. */
export function fileOf(blob: Blob): FileBody | undefined {
  return files.get(blob);
}

/** Bytes that the body of a chunk takes in a queue: those of a file that is sent from where it lies are not there. */
export function roomOf({ blob, room = 0 }: { readonly blob?: Blob | undefined; readonly room?: number }): number {
  return blob === undefined ? room : files.get(blob)?.inPlace ? 0 : blob.size;
}
