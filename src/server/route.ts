import type { ServerContext } from "./context.ts";
import type { Json } from "./json.ts";

/** A request's fields: the JSON body, or the query of a GET, as parsed and not yet checked. */
export type RequestFields = { readonly [field: string]: unknown };
/** What stood in the path for `{name}` and `{name...}`, decoded once. */
export type PathParams = { readonly [name: string]: string };

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

interface RouteBase {
  readonly method: Method;
  /**
   * Such as `/api/2.0/mlflow/runs/get`; `{id}` is one segment, a final `{path...}` the rest, slashes included.
   * A path under `/api` is served under `/ajax-api` as well.
   */
  readonly path: string;
  /** First MLflow release that has it, when that is not the oldest one that mocks act as. */
  readonly since?: 3;
}

/** Takes fields, answers an object: nearly every route of MLflow. */
export interface JsonRoute extends RouteBase {
  /** Repeated fields: read from a query as lists, however often they stand there. */
  readonly lists?: readonly string[];
  /** Synchronous, so that a reply is of one state; runs again from the start when the database was locked. */
  readonly handle: (context: ServerContext, fields: RequestFields, params: PathParams) => Json;
}

/** Takes the request and answers with a response: bytes of artifacts and texts. */
export interface RawRoute extends RouteBase {
  readonly raw: (
    context: ServerContext,
    request: Request,
    params: PathParams,
    url: URL,
  ) => Response | Promise<Response>;
}

/** One way to reach the server. Each file of `routes/` exports a list of them. */
export type Route = JsonRoute | RawRoute;
