import { Command, InvalidArgumentError, Option } from "commander";

/** What was asked of `tracklet server`. */
export interface ServerFlags {
  readonly host: string;
  readonly port: number;
  readonly backendStoreUri: string;
  /** Undefined: where the database says, else `./mlartifacts`. */
  readonly artifactsDestination?: string;
  readonly allowedHosts?: readonly string[];
  readonly corsAllowedOrigins?: readonly string[];
}

/** `tracklet server`, with the flags and environment variables of `mlflow server`. */
export function serverCommand(): Command {
  return new Command("server")
    .description("serve MLflow's REST API from a SQLite file, as mlflow server does")
    .addOption(new Option("--host <address>", "address to listen on").env("MLFLOW_HOST").default("127.0.0.1"))
    .addOption(
      new Option("-p, --port <number>", "port to listen on; 0 for a free one")
        .env("MLFLOW_PORT")
        .argParser(parsePort)
        .default(5000),
    )
    .addOption(
      new Option("--backend-store-uri <uri>", "database, as sqlite:///FILE; made when missing")
        .env("MLFLOW_BACKEND_STORE_URI")
        .default("sqlite:///mlflow.db"),
    )
    .addOption(
      new Option(
        "--artifacts-destination <folder>",
        "folder of the artifacts (default: where the database has them, else ./mlartifacts)",
      ).env("MLFLOW_ARTIFACTS_DESTINATION"),
    )
    .addOption(
      new Option("--allowed-hosts <list>", "host names to serve, separated by commas (default: local and private ones)")
        .env("MLFLOW_SERVER_ALLOWED_HOSTS")
        .argParser(parseList),
    )
    .addOption(
      new Option(
        "--cors-allowed-origins <list>",
        "origins of web pages to serve besides local ones, separated by commas",
      )
        .env("MLFLOW_SERVER_CORS_ALLOWED_ORIGINS")
        .argParser(parseList),
    )
    .action(async (flags: ServerFlags) => {
      const { runServer } = await import("../run-server.ts");
      await runServer(flags);
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
}

function parseList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
