import { ValidationError } from "../errors/usage-errors.ts";

/** A generation that a program claimed. */
export interface ClaimToken {
  readonly generation: number;
  readonly nonce: string;
}

/** As `persist` gets it. */
export function writeToken({ generation, nonce }: ClaimToken): string {
  return `${generation}.${nonce}`;
}

/** @throws ValidationError when it is no token. */
export function readToken(token: string): ClaimToken {
  const [, generation, nonce] = /^(\d{1,9})\.([0-9a-f]{32})$/.exec(token) ?? [];
  if (nonce !== undefined) return { generation: Number(generation), nonce };
  // It is not shown: a token that is nearly right is still nearly a secret.
  throw new ValidationError(
    `Cannot take up a claim as its token must be one that persist() was given: current value is a text of ${String(token).length} characters`,
  );
}
