import type { FateLine } from "./fates.ts";

/** What a writer counted of some keys of a run: all of it so far, so that putting it twice changes nothing. */
export interface AccountDraft {
  /** Our id of the run. */
  readonly run: string;
  /** Number of the group of keys, among those of the writer. */
  readonly bucket: number;
  /** Encoded by `account-lines.ts`. */
  readonly lines: Uint8Array<ArrayBuffer>;
}

/** What is known of some keys of a run. */
export interface AccountRecord extends Omit<AccountDraft, "lines"> {
  /** As the writer put them last; undefined when nothing is known but what became of its chunks. */
  readonly lines: Uint8Array<ArrayBuffer> | undefined;
  /** Who counted them. */
  readonly writer: string;
  /** What became of the chunks of this bucket. */
  readonly fates: readonly FateLine[];
}
