import { NotFoundError, UnexpectedReplyError } from "../errors/network-errors.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import { serverInfoReply } from "./wire/replies.ts";

/** What a server says about itself. */
export interface ServerInfo {
  /** Such as `SqlAlchemyStore`. */
  readonly storeType: string | undefined;
  readonly workspacesEnabled: boolean;
  readonly multipartUploadsEnabled: boolean;
  readonly multipartDownloadsEnabled: boolean;
}

/** The server itself: version, health, abilities. */
export class ServerResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The server's version, such as `3.17.2`: `GET /version`. */
  async version(options?: CallOptions): Promise<string> {
    const text = (await this.#transport.text({ method: "GET", path: "version" }, options)).trim();
    if (/^\d+\.\d+\S{0,40}$/.test(text)) return text;
    const request = { method: "GET", url: `${this.#transport.trackingUri}/version` };
    throw new UnexpectedReplyError(
      `Cannot GET ${request.url} as the answer must be a version: is trackingUri the address of an MLflow server?`,
      request,
    );
  }

  /** What the server can do; undefined before MLflow 3: `GET /api/3.0/mlflow/server-info`. */
  async info(options?: CallOptions): Promise<ServerInfo | undefined> {
    try {
      const request = { method: "GET", path: "api/3.0/mlflow/server-info" } as const;
      const reply = await this.#transport.json(request, serverInfoReply, options);
      return {
        storeType: reply.store_type,
        workspacesEnabled: reply.workspaces_enabled,
        multipartUploadsEnabled: reply.multipart_uploads_enabled,
        multipartDownloadsEnabled: reply.multipart_downloads_enabled,
      };
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** True when the server says that it is well; false when something else answers: `GET /health`. */
  async health(options?: CallOptions): Promise<boolean> {
    return (await this.#transport.text({ method: "GET", path: "health" }, options)).trim() === "OK";
  }
}
