import { total } from "../amount.ts";
import type { Ledger } from "./ledger.ts";

/** Something of a run waits that was logged in this process. */
export function waitsHere(ledger: Pick<Ledger, "find">, run: string): boolean {
  return total(ledger.find(run)?.waiting) > 0;
}
