/** What differs between the MLflow releases that a client can meet. Only mocks choose another than the current one (`mocks/act-as.ts`). */
export interface Compat {
  /** What `/version` answers. */
  readonly version: string;
  /** Answers errors without `sqlstate` and `error_class`, experiments without `workspace`, and has no 3.x routes. */
  readonly release2: boolean;
  /** A batch that holds a NaN point which is already stored, or two equal ones, is a 400 and its new points are lost. */
  readonly resentNanRefused: boolean;
  /** A re-sent batch is a 400 unless all its distinct keys stand in its first 100 points; its new points are lost. */
  readonly resentKeysRefused: boolean;
  /** `metrics/get-history` ignores `max_results` and `page_token`. */
  readonly historyUnpaged: boolean;
  /** `metrics/get-history` without `max_results` answers no metrics and a token that never advances. */
  readonly historyTokenStuck: boolean;
  /** A body sent with `Transfer-Encoding: chunked` is read as empty. */
  readonly chunkedBodyLost: boolean;
  /** Host and Origin are not checked and no CORS header is sent. */
  readonly anyOrigin: boolean;
}

/** How this server answers by itself: as MLflow 3.17.2, without the faults that harm its users. */
export const current: Compat = {
  version: "3.17.2",
  release2: false,
  resentNanRefused: false,
  resentKeysRefused: false,
  historyUnpaged: false,
  historyTokenStuck: false,
  chunkedBodyLost: false,
  anyOrigin: false,
};
