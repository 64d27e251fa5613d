/**
 * Everything that answers a request: the platform's `fetch`, an embedded server, a mock, a service binding.
 * It gets one complete `Request`.
 */
export type Fetch = (request: Request) => Promise<Response>;
