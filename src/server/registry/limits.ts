/** MLflow's limits of the model registry, in characters as Python counts them. */
export const registryLimits = {
  tagValue: 100_000,
  alias: 255,
} as const;
