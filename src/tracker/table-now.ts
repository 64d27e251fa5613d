import { imageNow, jsonNow } from "./late-artifacts.ts";
import type { ImagePixels, TableData } from "./types/run.ts";

/** An image in a cell of a table. */
export interface TableImage {
  readonly row: number;
  readonly column: string;
  readonly image: Blob | ImagePixels;
}

/** A table as it was at the call: its JSON with null where an image stands, and the images with their bytes. */
export type TableNow = readonly [json: string, images: readonly TableImage[]];

/** Takes a table as it is now. @throws TypeError when it has no JSON form */
export function tableNow(data: TableData): TableNow {
  const images: TableImage[] = [];
  const cell = (value: unknown, row: number, column: string): unknown => {
    if (!isImage(value)) return value;
    images.push({ row, column, image: imageNow(value) });
    return null;
  };
  return [jsonNow(Array.isArray(data) ? data.map((row, at) => rowNow(row, at, cell)) : columnsNow(data, cell)), images];
}

type Cell = (value: unknown, row: number, column: string) => unknown;

function rowNow(row: unknown, at: number, cell: Cell): unknown {
  if (typeof row !== "object" || row === null || !Object.values(row).some(isImage)) return row;
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, cell(value, at, column)]));
}

function columnsNow(data: unknown, cell: Cell): unknown {
  if (typeof data !== "object" || data === null || data instanceof Map) return data;
  const columns = Object.entries(data);
  const hasImages = ([, cells]: [string, unknown]): boolean => Array.isArray(cells) && cells.some(isImage);
  if (!columns.some(hasImages)) return data;
  return Object.fromEntries(
    columns.map(([column, cells]) => [
      column,
      Array.isArray(cells) ? cells.map((value, row) => cell(value, row, column)) : cells,
    ]),
  );
}

function isImage(value: unknown): value is Blob | ImagePixels {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Blob) return true;
  const { width, height, data } = value as Partial<ImagePixels>;
  return (
    typeof width === "number" &&
    typeof height === "number" &&
    (data instanceof Uint8Array || data instanceof Uint8ClampedArray)
  );
}
