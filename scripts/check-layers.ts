import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { findCycles } from "./lib/find-cycles.ts";
import { platformNames, timeAndChance } from "./lib/forbidden-names.ts";
import { type Import, importsOf } from "./lib/imports.ts";
import { type Allowance, type Layer, type LayerTable, readLayerTable } from "./lib/layer-table.ts";
import { mask } from "./lib/mask.ts";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import { sourceFiles } from "./lib/source-files.ts";

/** The folder rule of ARCHITECTURE.md, held against every import of the sources below `base`. */
export function checkLayers(base: string): Problem[] {
  const table = readLayerTable(readFileSync(join(base, "ARCHITECTURE.md"), "utf8"));
  const files = sourceFiles(base, [
    "src",
    ...table.layers.map((layer) => layer.folder).filter((path) => !path.startsWith("src")),
  ]);
  const problems: Problem[] = [...cyclicTable(table)];
  const graph = new Map<string, string[]>();

  for (const file of files) {
    const source = readFileSync(join(base, file), "utf8");
    const layer = layerOf(file, table);
    if (layer === undefined) {
      problems.push({ file, message: `no row of the layers table in ARCHITECTURE.md covers this file` });
      continue;
    }
    const runTime: string[] = [];
    for (const found of importsOf(source)) {
      const problem = judge(base, file, found, layer);
      if (problem !== undefined) problems.push(problem);
      const target = resolveRelative(file, found.specifier);
      // A late import runs when both files are ready, so it cannot be part of a knot that keeps either from loading.
      if (target !== undefined && !found.typeOnly && !found.late) runTime.push(target);
    }
    graph.set(file, runTime);
    problems.push(...misplacedNames(file, source, table));
  }
  for (const cycle of findCycles(graph)) {
    problems.push({ file: cycle[0] as string, message: `import cycle: ${[...cycle, cycle[0]].join(" -> ")}` });
  }
  return problems;
}

function judge(base: string, file: string, found: Import, layer: Layer): Problem | undefined {
  const problem = (message: string): Problem => ({ file, line: found.line, message });
  const { specifier } = found;
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) {
    const name = packageName(specifier);
    if (name === "tracklet") {
      return allows(layer.imports, "public", file, layer)
        ? undefined
        : problem(`imports "${specifier}": inside the package use a relative path`);
    }
    if (allows(layer.packages, name, file, layer)) return undefined;
    return problem(`imports the package "${name}", which the layers table does not give to ${layer.folder}`);
  }
  const target = resolveRelative(file, specifier) as string;
  if (!/\.(ts|json|css|html|sql)$/.test(specifier)) return problem(`imports "${specifier}" without its extension`);
  if (!existsSync(join(base, target))) return problem(`imports "${specifier}", which does not exist`);
  if (within(target, layer.folder)) return undefined;
  if (allows(layer.imports, target, file, layer)) return undefined;
  return problem(`imports ${target}, which the layers table does not allow in ${layer.folder}`);
}

/** `*` stands for any package; a path allows itself and what is below. */
function allows(list: readonly Allowance[], wanted: string, file: string, layer: Layer): boolean {
  const inside = file.slice(layer.folder.length + 1);
  return list.some(
    ({ path, from }) =>
      (path === "*" || within(wanted, path)) && (from.length === 0 || from.some((prefix) => inside.startsWith(prefix))),
  );
}

function misplacedNames(file: string, source: string, table: LayerTable): Problem[] {
  const problems: Problem[] = [];
  const masked = mask(source);
  if (!table.platformPlaces.some((place) => within(file, place))) {
    for (const { line, name } of platformNames(source, masked)) {
      problems.push({ file, line, message: `names the platform ("${name}"): take it from a port of the Runtime` });
    }
  }
  if (!table.timePlaces.some((place) => within(file, place))) {
    for (const { line, name } of timeAndChance(source, masked)) {
      problems.push({ file, line, message: `"${name}" outside src/runtime: take it from the Clock or Random port` });
    }
  }
  return problems;
}

/** The table itself must be a ladder, or the rule would allow what it exists to prevent. */
function cyclicTable(table: LayerTable): Problem[] {
  const folders = table.layers.filter((layer) => !layer.folder.endsWith(".ts")).map((layer) => layer.folder);
  const graph = new Map(
    folders.map((folder) => [
      folder,
      (table.layers.find((layer) => layer.folder === folder) as Layer).imports.flatMap(({ path }) =>
        folders.filter((other) => other !== folder && (within(path, other) || within(other, path))),
      ),
    ]),
  );
  return findCycles(graph).map((cycle) => ({
    file: "ARCHITECTURE.md",
    message: `the layers table allows a cycle: ${[...cycle, cycle[0]].join(" -> ")}`,
  }));
}

/** The row with the longest path that covers the file. */
function layerOf(file: string, table: LayerTable): Layer | undefined {
  return table.layers
    .filter((layer) => within(file, layer.folder))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

function within(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function resolveRelative(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier.replace(/\?.*$/, "")) : undefined;
}

if (import.meta.main) reportProblems("layers", checkLayers(root));
