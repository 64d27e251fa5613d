/** One allowance of a row: a folder, file, or `public` for the package's own subpaths. */
export interface Allowance {
  readonly path: string;
  /** Prefixes, relative to the row's folder, of the files that may use it; all files when empty. */
  readonly from: readonly string[];
}

/** One row of the layers table. */
export interface Layer {
  readonly folder: string;
  readonly imports: readonly Allowance[];
  readonly packages: readonly Allowance[];
}

/** What ARCHITECTURE.md lays down. */
export interface LayerTable {
  readonly layers: readonly Layer[];
  readonly platformPlaces: readonly string[];
  readonly timePlaces: readonly string[];
}

const ENTRY = /`([^`]+)`((?:\s+(?:from|and)\s+`[^`]+`)*)/g;

/** Reads the tables "folder | ... | may import | npm packages" and "what | stands only in" of ARCHITECTURE.md. */
export function readLayerTable(markdown: string): LayerTable {
  const layers = rowsBelow(markdown, /^\|\s*folder\s*\|.*may import/).flatMap(
    ([folders = "", , imports = "", packages = ""]) =>
      names(folders).map((folder) => ({ folder, imports: allowances(imports), packages: allowances(packages) })),
  );
  const places = rowsBelow(markdown, /^\|\s*what\s*\|\s*stands only in\s*\|/);
  const placesOf = (word: string): string[] => names(places.find(([what = ""]) => what.includes(word))?.[1] ?? "");
  if (layers.length === 0)
    throw new Error('Cannot read the layers as ARCHITECTURE.md has no table "folder | ... | may import"');
  return { layers, platformPlaces: placesOf("platform names"), timePlaces: placesOf("time and chance") };
}

function rowsBelow(markdown: string, header: RegExp): string[][] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => header.test(line));
  if (start === -1) return [];
  const rows: string[][] = [];
  for (let at = start + 2; lines[at]?.startsWith("|"); at++) {
    rows.push(
      (lines[at] as string)
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}

function allowances(cell: string): Allowance[] {
  return [...cell.matchAll(ENTRY)].map((match) => ({ path: match[1] as string, from: names(match[2] ?? "") }));
}
