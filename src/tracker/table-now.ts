import { imageNow, jsonNow } from "./late-artifacts.ts";
import type { ImagePixels, TableData } from "./types/artifacts.ts";

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
  const rowNow = (row: unknown, at: number): unknown =>
    has(row, isImage) ? mapped(row, (value, column) => cell(value, at, column)) : row;
  const columnNow = (cells: unknown, column: string): unknown =>
    Array.isArray(cells) ? cells.map((value, row) => cell(value, row, column)) : cells;
  const hasImages = (cells: unknown): boolean => Array.isArray(cells) && cells.some(isImage);
  const now = Array.isArray(data) ? data.map(rowNow) : has(data, hasImages) ? mapped(data, columnNow) : data;
  return [jsonNow(now), images];
}

function has(object: unknown, what: (value: unknown) => boolean): object is object {
  return !!object && Object.values(object).some(what);
}

function mapped(object: object, change: (value: unknown, key: string) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

function isImage(value: unknown): value is Blob | ImagePixels {
  const pixels = value as Partial<ImagePixels> | null | undefined;
  return value instanceof Blob || (ArrayBuffer.isView(pixels?.data) && pixels.width !== undefined);
}
