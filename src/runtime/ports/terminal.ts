/** The terminal that a person may be looking at. */
export interface Terminal {
  /** True when standard error is a terminal. */
  readonly interactive: boolean;
  /** Width in columns; 80 where unknown. */
  columns(): number;
  /** Writes to standard error as it is. */
  writeError(text: string): void;
}
