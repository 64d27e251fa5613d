/** What a host is: for people who look at a result much later. Whatever it does not tell is absent. */
export interface HostFacts {
  readonly os?: { readonly name: string; readonly release?: string; readonly architecture?: string };
  readonly cpu?: { readonly model?: string; readonly cores: number };
  /** Bytes of the whole machine. */
  readonly memory?: number;
  /** What WebGPU says of its adapter. */
  readonly gpu?: Readonly<Record<string, string>>;
  /** How a browser names itself. */
  readonly userAgent?: string;
  /** How this process was started: the program's name, its flags, the script and its arguments. */
  readonly command?: readonly string[];
}

/** Facts about the host, for those who ask for them; never a prompt, never a child process. */
export interface Host {
  facts(): Promise<HostFacts>;
  /** All environment variables; empty where there are none or they may not be read. */
  variables(): Readonly<Record<string, string>>;
}
