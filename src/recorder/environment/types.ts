/** What is kept of the environment of a recording beside what always is. */
export interface EnvironmentOptions {
  /** The project: a folder with a package.json or a deno.json. @default the nearest one above the script, else the working directory */
  readonly directory?: string | URL;
  /** Names of more environment variables to keep; one named like a secret is refused. */
  readonly variables?: readonly string[];
  /** How this was started, where that is not this process itself: the program and its arguments. */
  readonly command?: readonly string[];
  /** What runs that, such as `{ name: "node", version: "24.21.0" }`. @default this process's */
  readonly runtime?: { readonly name: string; readonly version: string };
}

/** Something that was not kept, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** Which of the package managers a project uses. */
export type PackageManagerName = "npm" | "deno" | "bun" | "yarn" | "pnpm";

/** What is known of the environment of a recording: its artifact `environment/environment.json`. */
export interface RecordedEnvironment {
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
  /** Such as node and 24.21.0. */
  readonly runtime: { readonly name: string; readonly version: string };
  readonly os?: { readonly name: string; readonly release?: string; readonly architecture?: string };
  readonly cpu?: { readonly model?: string; readonly cores: number };
  /** Bytes. */
  readonly memory?: number;
  /** WebGPU's adapter, in a browser. */
  readonly gpu?: Readonly<Record<string, string>>;
  readonly userAgent?: string;
  /** How it was started, with paths from the project's folder; without secrets. */
  readonly command?: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly packageManager?: { readonly name: PackageManagerName; readonly version?: string };
  readonly git?: {
    readonly commit: string;
    readonly branch?: string;
    /** Without user and password. */
    readonly remote?: string;
    /** True when `environment/uncommitted.diff` says how tracked files differ from the commit. */
    readonly diff: boolean;
  };
  /** Folder of the project in the tree that the paths of files begin at; empty where it is the tree itself. */
  readonly project: string;
  /** Files below `environment/files`: those of the project, and those that git does not have. */
  readonly files: readonly string[];
  /** Those of them in which `***` stands in the place of a secret. */
  readonly masked?: readonly string[];
  /** Versions of the packages that were installed, by name: those that the project itself sees. */
  readonly packages: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
}

/** Packages that a recording needs beside those of its project. */
export interface PackageRequirements {
  /** Versions of npm packages by name, such as `{ "@tensorflow/tfjs": "4.22.0" }`. */
  readonly npm?: Readonly<Record<string, string>>;
  /** Python packages: versions by name (`{ numpy: "1.26.4" }`), or lines of a requirements.txt; `python` itself is one. */
  readonly python?: Readonly<Record<string, string>> | readonly string[];
}

/** Folder of the artifacts. */
export const ENVIRONMENT = "environment";
/** Its description. */
export const DESCRIPTION = "environment/environment.json";
/** What tracked files differ by. */
export const DIFF = "environment/uncommitted.diff";
/** All installed packages, also those of packages. */
export const PACKAGES = "environment/packages.json";
/** All Python packages that a command found, as lines of a requirements.txt. */
export const PYTHON_PACKAGES = "environment/python-packages.txt";
/** Where kept files begin. */
export const FILES = "environment/files";
/** The tag that names the description, set when all of it is logged. */
export const ENVIRONMENT_TAG = "mlflow.tracklet.environment";
