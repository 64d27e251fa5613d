import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { checkOptions, namesOnly } from "../tracker/check-options.ts";
import { type ClaimToken, readToken } from "./claim-token.ts";
import type { ClaimOptions } from "./types.ts";

/** Milliseconds for one request of a claim. */
const REQUEST_TIMEOUT = 30_000;

/** Options of a claim, checked and whole. */
export interface ClaimSettings {
  /** Milliseconds. */
  readonly lease: number;
  /** Milliseconds, from 0 to infinity. */
  readonly wait: number;
  readonly earlier: ClaimToken | undefined;
  readonly persist: (token: string) => void | Promise<void>;
  /** Of each request. */
  readonly limits: CallOptions & { readonly timeout: number };
}

/** @throws ValidationError for what cannot be, ConfigurationError for options that there are not. */
export function claimSettings(options: ClaimOptions): ClaimSettings {
  checkOptions(options, namesOnly("lease wait token persist timeout signal retry"));
  const { lease = 60_000, wait = false, token, persist = () => {}, timeout = REQUEST_TIMEOUT, signal } = options;
  must(
    "lease",
    lease,
    Number.isInteger(lease) && lease >= 1000 && lease <= 3_600_000,
    "milliseconds from 1,000 to 3,600,000",
  );
  must("wait", wait, typeof wait === "boolean" || wait >= 0, "true, false or milliseconds from 0");
  must("timeout", timeout, Number.isFinite(timeout) && timeout > 0, "milliseconds above 0");
  return {
    lease,
    wait: wait === true ? Number.POSITIVE_INFINITY : Number(wait),
    earlier: token === undefined ? undefined : readToken(token),
    persist,
    limits: { timeout, ...(signal && { signal }) },
  };
}

function must(name: string, value: unknown, right: boolean, what: string): void {
  if (right) return;
  throw new ValidationError(`Cannot claim as ${name} must be ${what}: current value is ${String(value)}`);
}
