import type { SystemFigures } from "../runtime/ports/system.ts";
import type { Core } from "./core.ts";
import type { RunHandle } from "./run.ts";

const MEGA = 1e6;
/** How often the event loop is probed, in milliseconds. */
const PROBE = 500;

/** Logs what the host says about itself, each `interval` ms, until the run has ended. */
export class SystemWatch {
  readonly #core: Core;
  readonly #run: RunHandle;
  readonly #interval: number;
  #before: SystemFigures = {};
  /** As MLflow does: the network counts from the start of the run, the processors since the last look. */
  #network: SystemFigures["network"];
  #nextLog: number;
  #lag = 0;

  constructor(core: Core, run: RunHandle, interval: number) {
    this.#core = core;
    this.#run = run;
    this.#interval = interval;
    this.#nextLog = core.runtime.clock.monotonic() + interval;
    // The first figures are what the next ones are counted from.
    void this.#ask().then((figures) => {
      this.#before = figures;
      this.#network = figures.network;
      this.#probe();
    });
  }

  async #ask(): Promise<SystemFigures> {
    try {
      return (await this.#core.runtime.system?.figures()) ?? {};
    } catch {
      return {}; // What cannot be told stops no training.
    }
  }

  /** How late a timer fires is how long the event loop was busy. */
  #probe(): void {
    if (this.#run.ended !== undefined) return;
    const { clock } = this.#core.runtime;
    const due = clock.monotonic() + PROBE;
    clock.after(PROBE, () => {
      const now = clock.monotonic();
      this.#lag = Math.max(this.#lag, now - due);
      if (now < this.#nextLog) return this.#probe();
      this.#nextLog = Math.max(now, this.#nextLog + this.#interval);
      void this.#ask().then((figures) => {
        const before = { ...this.#before, ...(this.#network && { network: this.#network }) };
        if (this.#run.ended === undefined) this.#run.logMetrics(systemMetrics(before, figures, this.#lag));
        this.#before = figures;
        this.#lag = 0;
        this.#probe();
      });
    });
  }
}

/** Figures under the keys that MLflow's own system metrics have; the last two are ours. */
export function systemMetrics(before: SystemFigures, now: SystemFigures, lag: number): Record<string, number> {
  const { memory, disk, network, cpu, processMemory, gpus = [] } = now;
  const metrics: Record<string, number | undefined> = {
    cpu_utilization_percentage: cpu && before.cpu && percent(cpu.busy - before.cpu.busy, cpu.total - before.cpu.total),
    system_memory_usage_megabytes: memory && memory.used / MEGA,
    system_memory_usage_percentage: memory && percent(memory.used, memory.total),
    disk_usage_megabytes: disk && disk.used / MEGA,
    disk_usage_percentage: disk && percent(disk.used, disk.used + disk.available),
    disk_available_megabytes: disk && disk.available / MEGA,
    network_receive_megabytes: network && before.network && (network.received - before.network.received) / MEGA,
    network_transmit_megabytes: network && before.network && (network.sent - before.network.sent) / MEGA,
    process_memory_usage_megabytes: processMemory && processMemory / MEGA,
    event_loop_lag_milliseconds: Math.max(0, lag),
  };
  for (const [n, { utilization, memoryUsed, memoryTotal }] of gpus.entries()) {
    metrics[`gpu_${n}_utilization_percentage`] = utilization;
    metrics[`gpu_${n}_memory_usage_megabytes`] = memoryUsed === undefined ? undefined : memoryUsed / MEGA;
    metrics[`gpu_${n}_memory_usage_percentage`] =
      memoryUsed === undefined || memoryTotal === undefined ? undefined : percent(memoryUsed, memoryTotal);
  }
  const told = Object.entries(metrics).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
  return Object.fromEntries(told.map(([name, value]) => [`system/${name}`, Math.round(value * 10) / 10]));
}

function percent(part: number, whole: number): number {
  return (part / whole) * 100;
}
