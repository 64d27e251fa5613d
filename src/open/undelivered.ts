/** What a request's tracker could not deliver in time, for those who keep it themselves. */
export interface Undelivered {
  /** Metric points. */
  readonly points: number;
  /** Calls of any other kind: runs, params, tags, changes, inputs, artifacts. */
  readonly requests: number;
  /**
   * All of it, for `resend()` or the `TrackletQueue` of a later release: bytes for a bucket, or a queue of messages
   * that are as large. Holds no credentials.
   */
  readonly data: Uint8Array<ArrayBuffer>;
}
