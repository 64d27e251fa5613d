/** A run that was begun or resumed, and not ended since. */
export interface OpenRun {
  /** Our id of the run. */
  readonly run: string;
  /** Who began it, or resumed it last. */
  readonly writer: string;
  /** Changes while the writer says that it is there; only one that holds no lock has to. */
  readonly beat: number;
  /** Wall time of the last put of the writer, in milliseconds. */
  readonly at: number;
}
