import type { DeliveryOptions } from "./types.ts";

/** Delivery options with nothing left open. */
export type DeliverySettings = Required<DeliveryOptions>;

const defaults: DeliverySettings = {
  mode: "auto",
  batchSize: 1_000,
  flushInterval: 1_000,
  maxMemoryBytes: 8 * 2 ** 20,
  maxStoredBytes: 256 * 2 ** 20,
  whenFull: "decimate",
  requestTimeout: 120_000,
  readBack: "auto",
  concurrency: 4,
  exitTimeout: 10_000,
};

/** Fills options up, and keeps them within what MLflow takes. */
export function deliverySettings(options: DeliveryOptions = {}): DeliverySettings {
  // Options are often computed: one that is undefined is left out.
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: DeliverySettings = { ...defaults, ...given };
  const within = (value: number, most: number): number => Math.min(Math.max(1, Math.floor(value)), most);
  return { ...settings, batchSize: within(settings.batchSize, 1_000), concurrency: within(settings.concurrency, 6) };
}
