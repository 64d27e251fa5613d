import { BadRequestError, NotFoundError } from "../errors/network-errors.ts";
import type { Context } from "./context.ts";
import { IterationError, NoRunError } from "./finetuning-errors.ts";
import type { Limits } from "./requests.ts";

/**
 * Does something in an experiment, and when that fails because somebody has deleted the experiment or the run, says so:
 * MLflow calls it by different names.
 */
export async function explained<P extends object, M, T>(
  context: Context<P, M>,
  what: string,
  experimentId: string,
  limits: Limits,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const mayBe = error instanceof BadRequestError || error instanceof NotFoundError || error instanceof NoRunError;
    const now = mayBe ? await context.experiments.byId(experimentId, limits).catch(() => undefined) : undefined;
    if (now?.lifecycleStage !== "deleted") throw error;
    throw new IterationError(
      `Cannot ${what} as the experiment ${experimentId} must be active, and it is deleted: call restoreIteration("${experimentId}"), or finishIteration()`,
      { cause: error },
    );
  }
}
