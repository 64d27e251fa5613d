import { ValidationError } from "../errors/usage-errors.ts";
import type { Random } from "../runtime/ports/random.ts";
import { type ImageFile, encoded, uuidOf } from "./log-image.ts";
import { quote } from "./key.ts";
import { smallPng } from "./png.ts";
import type { TableImage } from "./table-now.ts";

type Cells = Record<string | number, Record<string | number, unknown>>;

/**
 * Puts into a table what MLflow writes for an image (`{ type, filepath, compressed_filepath }`), and gives the files. Its UI
 * shows the small copy in the grid and the other when it is asked for. All cells of a column are images, or none: by
 * that the UI tells how to show it.
 */
export async function tableImages(
  table: unknown,
  images: readonly TableImage[],
  path: string,
  random: Random,
): Promise<ImageFile[]> {
  const byRow = Array.isArray(table);
  const length = byRow ? table.length : undefined;
  for (const [column, count] of countByColumn(images)) {
    const rows = length ?? (table as Record<string, unknown[]>)[column]!.length;
    if (count === rows) continue;
    throw new ValidationError(
      `Cannot log the table ${quote(path)} as each cell of the column ${quote(column)} must be an image, or none: ${count} of ${rows} are`,
      { key: path },
    );
  }
  const files: ImageFile[] = [];
  for (const { row, column, image } of images) {
    const stem = `table_images/${path.replace(/\.json$/, "")}/${uuidOf(random)}`;
    const { body, type } = await encoded(image, `${path}, ${column}, row ${row}`);
    const filepath = `${stem}.${type.extensions[0]}`;
    files.push({ path: filepath, body });
    let compressed = filepath;
    if (type.type === "image/png") {
      const small = await smallPng(body);
      if (small !== body) {
        compressed = `${stem}+compressed.png`;
        files.push({ path: compressed, body: small });
      }
    }
    const cell = { type: "image", filepath, compressed_filepath: compressed };
    const [outer, inner] = byRow ? [row, column] : [column, row];
    (table as Cells)[outer]![inner] = cell;
  }
  return files;
}

function countByColumn(images: readonly TableImage[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { column } of images) counts.set(column, (counts.get(column) ?? 0) + 1);
  return counts;
}
