import process from "node:process";

/** One training on the screen, as far as it has come. */
export interface Progress {
  /** Which of how many runs, such as `3/8`. */
  readonly number: string;
  /** What it tries. */
  readonly settings: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly figures: readonly string[];
}

export interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly align?: "right";
  /** May be left out where the terminal is narrow. */
  readonly optional?: boolean;
}

const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
const blocks = "▁▂▃▄▅▆▇█";

/** What the lesson shows. Bars, colours and cursor codes are for terminals only: piped output is plain lines. */
export class Screen {
  readonly #out: NodeJS.WriteStream = process.stdout;
  readonly #interactive: boolean = process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
  readonly #colors: boolean = this.#interactive && !process.env["NO_COLOR"];
  #unfinished = false;

  say(text = ""): void {
    this.#out.write(`${this.#unfinished ? "\n" : ""}${text}\n`);
    this.#unfinished = false;
  }

  style(style: keyof typeof styles, text: string): string {
    const [on, off] = styles[style];
    return this.#colors && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }

  /** Redraws the line of the training that goes on. */
  progress(progress: Progress): void {
    if (!this.#interactive) return;
    this.#out.write(`\r\u001b[2K${this.#line(progress)}`);
    this.#unfinished = true;
  }

  /** The last form of that line, which stays. */
  done(progress: Progress, note: string): void {
    if (this.#interactive) this.#out.write("\r\u001b[2K");
    this.#unfinished = false;
    this.say(this.#line(progress, note));
  }

  /** Columns beside each other; the row `best` is marked. */
  table(columns: readonly Column[], best: number): void {
    const width = (column: Column): number => Math.max(column.title.length, ...column.cells.map((cell) => cell.length));
    const total = (shown: readonly Column[]): number => shown.reduce((sum, column) => sum + width(column) + 2, 0);
    let shown = columns;
    while (total(shown) > this.#width() && shown.some(({ optional }) => optional)) {
      const last = shown.findLastIndex(({ optional }) => optional);
      shown = shown.toSpliced(last, 1);
    }
    const row = (cell: (column: Column) => string): string =>
      shown
        .map((column) =>
          column.align === "right" ? cell(column).padStart(width(column)) : cell(column).padEnd(width(column)),
        )
        .join("  ")
        .trimEnd();
    this.say(this.style("dim", `  ${row(({ title }) => title)}`));
    const count = shown[0]?.cells.length ?? 0;
    for (let index = 0; index < count; index++) {
      const line = row(({ cells }) => cells[index] ?? "");
      this.say(index === best ? this.style("green", this.style("bold", `* ${line}`)) : `  ${line}`);
    }
  }

  #width(): number {
    return this.#interactive ? Math.max(40, this.#out.columns || 80) : Number.POSITIVE_INFINITY;
  }

  #line({ number, settings, epoch, epochs, figures }: Progress, note = ""): string {
    const before = `${number}  ${settings}  `;
    const count = `${epoch}/${epochs}`.padStart(`${epochs}/${epochs}`.length);
    const parts = [count, ...figures, note].filter((text) => text !== "");
    if (!this.#interactive) return before + parts.join("  ");
    const room = this.#width() - 1 - before.length - 2;
    // Whole figures are left out rather than cut.
    while (parts.length > 1 && parts.join("  ").length > room - 8) parts.pop();
    const after = parts.join("  ");
    const size = Math.max(4, Math.min(20, room - after.length));
    const full = Math.min(size, Math.round((size * epoch) / epochs));
    return `${before}${this.style("cyan", "━".repeat(full))}${this.style("dim", "─".repeat(size - full))}  ${after}`;
  }
}

/** Values as a row of blocks, at most `width` of them. */
export function sparkline(values: readonly number[], width = 10): string {
  const finite = values.filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const size = Math.min(width, finite.length);
  return Array.from({ length: size }, (_, index) => {
    const value = finite[Math.round((index * (finite.length - 1)) / Math.max(1, size - 1))] ?? low;
    return blocks[Math.round(((value - low) / (high - low || 1)) * (blocks.length - 1))];
  }).join("");
}

/** `1184` as `1,184`. */
export function thousands(value: number): string {
  return value.toLocaleString("en");
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
