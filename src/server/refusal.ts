/** MLflow's error codes and the status that goes with each; those not listed answer 500. */
const statuses = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  INTERNAL_ERROR: 500,
  INVALID_STATE: 500,
  FEATURE_DISABLED: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;

/** MLflow's word for what went wrong. */
export type ErrorCode = keyof typeof statuses;

/** Thrown by a handler to answer with an error; the server turns it into MLflow's error body. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly code: ErrorCode;
  readonly status: number;
  constructor(code: ErrorCode, message: string, status: number = statuses[code]) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** MLflow's `sqlstate`: whose fault it is. */
  get sqlState(): string {
    return this.status >= 500 && this.code !== "FEATURE_DISABLED" ? "XXM00" : "KAM00";
  }

  /** MLflow's `error_class`, new in 3.x. */
  get errorClass(): string {
    if (this.status === 404) return "RESOURCE_NOT_FOUND";
    if (this.code === "BAD_REQUEST") return "INVALID_PARAMETER_VALUE";
    return this.status === 500 && this.code !== "FEATURE_DISABLED" ? "CLIENT_INTERNAL_ERROR" : this.code;
  }
}

/** Answers with an error: `refuse("RESOURCE_DOES_NOT_EXIST", "No experiment ...")`. Never returns. */
export function refuse(code: ErrorCode, message: string, status?: number): never {
  throw new Refusal(code, message, status);
}

/** The commonest refusal: a value of the request that cannot be used. Never returns. */
export function refuseValue(message: string): never {
  throw new Refusal("INVALID_PARAMETER_VALUE", message);
}
