/** Randomness, handed in so that a simulation can be replayed from a seed. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** A number in [0, 1), for jitter only. */
  fraction(): number;
}
