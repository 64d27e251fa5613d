import { readFile } from "node:fs/promises";

/** What is measured of a penguin, in the order of the model's inputs. */
export const features = ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"] as const;

/** What is to be found out, in the order of the model's outputs. */
export const species = ["Adelie", "Chinstrap", "Gentoo"] as const;

export interface Penguin {
  /** One value per feature. */
  readonly measures: readonly number[];
  /** Index into `species`. */
  readonly label: number;
}

export interface Split {
  readonly training: readonly Penguin[];
  readonly validation: readonly Penguin[];
  /** Never seen in training, nor used to choose a model. */
  readonly heldOut: readonly Penguin[];
}

export const seed = 7;
export const source = "npm:vega-datasets/data/penguins.json";

/** The Palmer penguins of the package vega-datasets: the 342 of 344 that were measured. */
export async function loadPenguins(): Promise<Penguin[]> {
  const file = new URL("../data/penguins.json", import.meta.resolve("vega-datasets"));
  const rows: Record<string, string | number | null>[] = JSON.parse(await readFile(file, "utf8"));
  return rows
    .filter((row) => features.every((feature) => typeof row[feature] === "number"))
    .map((row) => ({
      measures: features.map((feature) => Number(row[feature])),
      label: species.indexOf(row["Species"] as (typeof species)[number]),
    }));
}

/** The same split at every start, in every process: 70 % to train on, 20 % to choose by, 10 % held out. */
export function split(penguins: readonly Penguin[]): Split {
  const shuffled = shuffle(penguins, random(seed));
  const heldOut = Math.round(shuffled.length * 0.1);
  const validation = Math.round(shuffled.length * 0.2);
  return {
    heldOut: shuffled.slice(0, heldOut),
    validation: shuffled.slice(heldOut, heldOut + validation),
    training: shuffled.slice(heldOut + validation),
  };
}

/** Brings every feature to mean 0 and deviation 1. Part of the model: what is predicted must be scaled alike. */
export interface Scaler {
  readonly features: readonly string[];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export function fitScaler(penguins: readonly Penguin[]): Scaler {
  const columns = features.map((_, index) => penguins.map(({ measures }) => measures[index] ?? 0));
  const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const deviation = columns.map((column, index) => {
    const squares = column.map((value) => (value - (mean[index] ?? 0)) ** 2);
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  });
  return { features, mean, deviation };
}

export function scale({ measures }: Penguin, { mean, deviation }: Scaler): number[] {
  return measures.map((value, index) => (value - (mean[index] ?? 0)) / (deviation[index] ?? 1));
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
