/** What the host says about itself now. Whatever it does not tell, or may not without asking a person, is absent. */
export interface SystemFigures {
  /** Milliseconds that all cores together were busy, and milliseconds that passed on them, since some moment. */
  readonly cpu?: { readonly busy: number; readonly total: number };
  /** Bytes of the whole machine. */
  readonly memory?: { readonly used: number; readonly total: number };
  /** Bytes that this process holds; in a page its JavaScript heap. */
  readonly processMemory?: number;
  /** Bytes of the file system of the working directory. */
  readonly disk?: { readonly used: number; readonly available: number };
  /** Bytes over all network interfaces but loopback, since some moment. */
  readonly network?: { readonly received: number; readonly sent: number };
  /** In the order of the host. Utilization in percent, memory in bytes. */
  readonly gpus?: readonly {
    readonly utilization?: number;
    readonly memoryUsed?: number;
    readonly memoryTotal?: number;
  }[];
}

/** Figures of the host, for those who ask for them; never a prompt, never a child process. */
export interface System {
  figures(): Promise<SystemFigures>;
}
