import { TrackletError } from "./tracklet-error.ts";

/** Which request failed. Holds no secret: no headers, no body, no user info in the address. */
export interface RequestFacts {
  readonly method: string;
  readonly url: string;
}

/** No answer: refused, unreachable, cut, or refused by the browser (CORS). */
export class NetworkError extends TrackletError {
  override name = "NetworkError";
  readonly request: RequestFacts;
  /** True when a browser withheld the answer because the server does not allow the page's origin (CORS). */
  readonly originRefused: boolean;
  constructor(message: string, request: RequestFacts, options?: ErrorOptions & { originRefused?: boolean }) {
    super(message, options);
    this.request = request;
    this.originRefused = options?.originRefused ?? false;
  }
}

/** No answer in time. */
export class TimeoutError extends NetworkError {
  override name = "TimeoutError";
}

/** A 2xx answer that is not what the server promises, such as a proxy's login page. It acknowledges nothing. */
export class UnexpectedReplyError extends NetworkError {
  override name = "UnexpectedReplyError";
}

/** What the server answered. */
export interface ReplyFacts {
  readonly status: number;
  /** MLflow's `error_code`; undefined where the body was not MLflow's JSON. */
  readonly errorCode: string | undefined;
  /** The server's words, at most 500 characters, tags removed. */
  readonly serverMessage: string;
  readonly request: RequestFacts;
  /** Milliseconds, from Retry-After. */
  readonly retryAfter?: number | undefined;
}

/** An answer that refuses. */
export class HttpError extends TrackletError implements ReplyFacts {
  override name = "HttpError";
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly serverMessage: string;
  readonly request: RequestFacts;
  readonly retryAfter: number | undefined;
  constructor(message: string, facts: ReplyFacts, options?: ErrorOptions) {
    super(message, options);
    this.status = facts.status;
    this.errorCode = facts.errorCode;
    this.serverMessage = facts.serverMessage;
    this.request = facts.request;
    this.retryAfter = facts.retryAfter;
  }
}

/** 400: the request itself is refused. */
export class BadRequestError extends HttpError {
  override name = "BadRequestError";
}
/** 400 or 409 with RESOURCE_ALREADY_EXISTS or ALREADY_EXISTS. */
export class AlreadyExistsError extends HttpError {
  override name = "AlreadyExistsError";
}
/** 401: no or wrong credentials. */
export class AuthenticationError extends HttpError {
  override name = "AuthenticationError";
}
/** 403: the credentials do not allow it, or the server refuses the Host or Origin. */
export class PermissionError extends HttpError {
  override name = "PermissionError";
  /** True when the server refused where the request comes from (Host, Origin), not who sent it. */
  readonly originRefused: boolean;
  constructor(message: string, facts: ReplyFacts, options?: ErrorOptions & { originRefused?: boolean }) {
    super(message, facts, options);
    this.originRefused = options?.originRefused ?? false;
  }
}
/** 404: no such experiment, run, artifact or route. */
export class NotFoundError extends HttpError {
  override name = "NotFoundError";
}
/** 413: the server or a proxy before it takes no body of that size. */
export class PayloadTooLargeError extends HttpError {
  override name = "PayloadTooLargeError";
}
/** 429: too many requests; `retryAfter` says how long to wait. */
export class RateLimitError extends HttpError {
  override name = "RateLimitError";
}
/** 5xx: the server failed. */
export class ServerError extends HttpError {
  override name = "ServerError";
}
