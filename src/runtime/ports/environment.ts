/** Facts about the host that are free to ask: no permission prompt, no child process. */
export interface Environment {
  /** An environment variable; undefined where there are none or the permission was not given. */
  get(name: string): string | undefined;
  /** False where the variable may be set but the permission to read it was not given. */
  readable(name: string): boolean;
  /** Name of the person or account, best effort. */
  user(): string | undefined;
  /** What was started: the entry script's path or the page's address without query. */
  entry(): string | undefined;
  /** The working directory; undefined where there is none. */
  directory(): string | undefined;
  /** The commit of the code that runs, as 40 or 64 hex digits, best effort; absent where there are no files. */
  commit?(): string | undefined;
  /** The branch that is checked out, best effort; absent where there are no files. */
  branch?(): string | undefined;
  /** Whether tracked files differ from the commit; undefined where it cannot be told. Absent where there are no files. */
  dirty?(): Promise<boolean | undefined>;
  /** Name and version of the runtime, such as `node 24.21.0`. */
  runtimeVersion(): string;
}
