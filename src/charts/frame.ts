import { html, type Html } from "../internal/html.ts";
import { fitText, px } from "./text.ts";
import { light, themeStyle } from "./theme.ts";
import { pixels } from "./numbers.ts";
import type { ChartOptions } from "./types.ts";

/** Where the data is drawn. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const fontSize = 12;
const margin = 16;

/** The ground of a chart: its size, title and texts for screen readers. */
export class Frame {
  readonly width: number;
  readonly height: number;
  readonly #options: ChartOptions;

  constructor(options: ChartOptions, height: number) {
    this.width = pixels("width", options.width ?? 640);
    this.height = pixels("height", options.height ?? height);
    this.#options = options;
  }

  /** The space below the title. */
  get inner(): Box {
    const top = this.#options.title === undefined ? margin : 46;
    return { left: margin, top, right: this.width - margin, bottom: this.height - margin };
  }

  /** The whole drawing. `description` is said where the caller gave none. */
  draw(description: string, content: Html): string {
    const { title = "", theme = "auto" } = this.#options;
    const { width, height } = this;
    return html`<svg xmlns="http://www.w3.org/2000/svg" class="tracklet-chart tracklet-chart-${theme}" role="img" aria-label="${title || description}" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" style="max-width:100%;height:auto" font-family="system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif" font-size="${fontSize}">${title !== "" && html`<title>${title}</title>`}<desc>${this.#options.description ?? description}</desc>${themeStyle(theme)}<rect class="ground" width="100%" height="100%" rx="8" fill="${light.ground}"/>${title !== "" && this.#title(title)}${content}</svg>`
      .text;
  }

  /** A drawing of nothing that says why. */
  drawEmpty(reason: string): string {
    const { top, bottom } = this.inner;
    const y = px((top + bottom) / 2);
    return this.draw(
      reason,
      html`<text class="quiet" fill="${light.quiet}" text-anchor="middle" x="${px(this.width / 2)}" y="${y}">${reason}</text>`,
    );
  }

  #title(title: string): Html {
    const shown = fitText(title, 15, this.width - 2 * margin);
    return html`<text class="text" fill="${light.text}" x="${margin}" y="28" font-size="15" font-weight="600">${shown}</text>`;
  }
}
