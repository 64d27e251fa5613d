export { StopRequestedError } from "./stop-requested-error.ts";
export { isTrackletError, TrackletError } from "./tracklet-error.ts";
export {
  ConfigurationError,
  CredentialsError,
  StorageError,
  type StorageFault,
  ValidationError,
} from "./usage-errors.ts";
export {
  AlreadyExistsError,
  AuthenticationError,
  BadRequestError,
  HttpError,
  NetworkError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  RateLimitError,
  type ReplyFacts,
  type RequestFacts,
  ServerError,
  TimeoutError,
  UnexpectedReplyError,
} from "./network-errors.ts";
export {
  isConfigurationError,
  isHttpError,
  isNetworkError,
  isNotFoundError,
  isOriginRefused,
  isTimeoutError,
  isValidationError,
} from "./guards.ts";
