import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ownPort } from "../../support/own-port.ts";

const run = promisify(execFile);

/** A PostgreSQL of its own, for MLflow to keep its data in. */
export interface PostgresServer {
  /** As SQLAlchemy takes it. */
  readonly uri: string;
  close(): Promise<void>;
}

/** Where Debian's packages put the programs of the newest release. */
function programs(): string {
  const top = "/usr/lib/postgresql";
  const newest = existsSync(top) ? readdirSync(top).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  const bin = newest === undefined ? undefined : join(top, newest, "bin");
  if (bin === undefined || !existsSync(join(bin, "initdb"))) {
    throw new Error(
      "Cannot test against PostgreSQL as its server programs are missing: install the package postgresql",
    );
  }
  return bin;
}

/** Starts a fresh PostgreSQL on a free port of this machine; it goes with `close()`. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = programs();
  const root = process.getuid?.() === 0;
  const room = await mkdtemp(join(tmpdir(), "tracklet-postgres-"));
  // PostgreSQL refuses to run as root.
  const as = (program: string, ...args: string[]): Promise<unknown> => {
    const command = join(bin, program);
    const options = { cwd: room };
    return root ? run("runuser", ["-u", "postgres", "--", command, ...args], options) : run(command, args, options);
  };
  if (root) {
    const { stdout } = await run("id", ["-u", "postgres"]);
    await chown(room, Number(stdout), -1);
  }
  await chmod(room, 0o700);
  const data = join(room, "data");
  await as("initdb", "-D", data, "-U", "mlflow", "-A", "trust", "-E", "UTF8");
  const port = await ownPort();
  await as("pg_ctl", "-D", data, "-w", "-l", join(room, "log"), "-o", `-p ${port} -k ${room} -h 127.0.0.1`, "start");
  await as("createdb", "-h", "127.0.0.1", "-p", String(port), "-U", "mlflow", "mlflow");
  return {
    uri: `postgresql+psycopg2://mlflow@127.0.0.1:${port}/mlflow`,
    async close() {
      await as("pg_ctl", "-D", data, "-m", "immediate", "stop");
      await rm(room, { recursive: true, force: true });
    },
  };
}
