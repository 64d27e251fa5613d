import { ConfigurationError } from "../../errors/index.ts";

/** Says in words why a server cannot listen, with the cure. */
export function listenError(error: Error, { host, port }: { host: string; port: number }): Error {
  const { code } = error as NodeJS.ErrnoException;
  const start = `Cannot listen on ${host}:${port}`;
  const cure = reasons[code ?? ""];
  return cure === undefined
    ? new ConfigurationError(start, { cause: error })
    : new ConfigurationError(start + cure, { cause: error });
}

const reasons: Record<string, string> = {
  EADDRINUSE: " as another program uses that port: choose another with --port, or let --port 0 find a free one",
  EACCES: " as ports below 1024 need the rights of an administrator: choose a higher one with --port",
  EADDRNOTAVAIL: " as this machine has no such address: use --host 127.0.0.1, or 0.0.0.0 for all its addresses",
  ENOTFOUND: " as this host name is not known: use --host 127.0.0.1, or 0.0.0.0 for all addresses of this machine",
};
