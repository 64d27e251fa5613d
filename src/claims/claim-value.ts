/** What the holder of a generation writes. */
export interface ClaimValue {
  /** 128 bits of chance as 32 hex digits, new for each attempt: two equal values would both win. */
  readonly nonce: string;
  /** Milliseconds for which the same beat must be seen before another may follow: lease and request time-out. */
  readonly patience: number;
}

/** The longest time in ms that a holder may ask others to wait: what a stranger wrote must not lock for ever. */
const LONGEST = 86_400_000;

/** As it stands in the param. */
export function writeClaim({ nonce, patience }: ClaimValue): string {
  return `${nonce} ${patience}`;
}

/** What somebody wrote; what cannot be read belongs to nobody who could be asked to wait for. */
export function readClaim(text: string): ClaimValue {
  const [, nonce, patience] = /^([0-9a-f]{32}) (\d{1,12})$/.exec(text) ?? [];
  return nonce === undefined ? { nonce: "", patience: 0 } : { nonce, patience: Math.min(Number(patience), LONGEST) };
}
