import { ConfigurationError } from "../../errors/usage-errors.ts";
import type { Files } from "../../runtime/ports/files.ts";
import { isSecretName } from "./secret-names.ts";
import type { Secrets } from "./secrets.ts";

/** Variables that change how a training runs, and hold no secrets. */
const allowed = [
  "NODE_ENV",
  "NODE_OPTIONS",
  "UV_THREADPOOL_SIZE",
  "DENO_V8_FLAGS",
  "BUN_JSC_forceRAMSize",
  "TZ",
  "LANG",
  "LC_ALL",
  "CI",
  "OMP_NUM_THREADS",
  "OPENBLAS_NUM_THREADS",
  "MKL_NUM_THREADS",
  "CUDA_VISIBLE_DEVICES",
  "CUDA_LAUNCH_BLOCKING",
  "HIP_VISIBLE_DEVICES",
  "CUBLAS_WORKSPACE_CONFIG",
  "TF_CPP_MIN_LOG_LEVEL",
  "TF_DETERMINISTIC_OPS",
  "TF_ENABLE_ONEDNN_OPTS",
  "TF_FORCE_GPU_ALLOW_GROWTH",
  "PYTHONHASHSEED",
  "PYTORCH_CUDA_ALLOC_CONF",
  "MLFLOW_EXPERIMENT_NAME",
];

/** @throws ConfigurationError for a name that a secret has: whoever may read the run could read it */
export function checkVariables(names: readonly string[]): void {
  const secret = names.find((name) => isSecretName(name));
  if (secret === undefined) return;
  throw new ConfigurationError(
    `Cannot keep the environment variable ${JSON.stringify(secret)} as it must not be named like a secret: leave it out of environment.variables`,
  );
}

/** What the variables on the list are, and `more`. */
export function keptVariables(
  read: (name: string) => string | undefined,
  more: readonly string[],
  secrets: Secrets,
): Record<string, string> {
  const kept = [...allowed, ...more].flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [[name, secrets.redact(value).text.slice(0, 2000)] as const];
  });
  return Object.fromEntries(kept);
}

/** Variables but for those that are named like secrets and only say where something lies. */
export async function withoutPlaces(
  variables: Readonly<Record<string, string>>,
  files: Files | undefined,
): Promise<Record<string, string>> {
  const isPlace = async (name: string, value: string): Promise<boolean> => {
    if (files === undefined || !isSecretName(name) || !/^(?:[/.\\]|[A-Za-z]:[\\/])/.test(value)) return false;
    try {
      return files.mayWrite(value) && (await files.stat(value)) !== undefined;
    } catch {
      return false;
    }
  };
  const entries = await Promise.all(
    Object.entries(variables).map(async ([name, value]) => ((await isPlace(name, value)) ? [] : [[name, value]])),
  );
  return Object.fromEntries(entries.flat() as [string, string][]);
}
