import { html, type Html } from "../internal/html.ts";
import type { ChartTheme } from "./types.ts";

/** Ground and text of one theme. */
export interface Ink {
  readonly ground: string;
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
}

export const light: Ink = { ground: "#ffffff", text: "#1f2630", quiet: "#5b6675", grid: "#e4e8ee" };
export const dark: Ink = { ground: "#14181f", text: "#e6eaf0", quiet: "#98a3b3", grid: "#2a313c" };

/** Colours of series: each has a contrast of 3 or more to both grounds, so that one set serves light and dark. */
export const palette: readonly string[] = [
  "#3d7edb",
  "#d9730d",
  "#2f9e5b",
  "#d6457f",
  "#8f67d8",
  "#1098ad",
  "#a0703c",
  "#7c8c1c",
  "#6b7d94",
  "#d64545",
];

/** From low to high, with the same contrast along the way. */
export const ramp: readonly string[] = ["#1098ad", "#3d7edb", "#8f67d8", "#d6457f", "#d9730d"];

export function seriesColor(index: number): string {
  return palette[index % palette.length] as string;
}

function rules(scope: string, ink: Ink): string {
  return [
    `${scope} .ground{fill:${ink.ground}}`,
    `${scope} .text{fill:${ink.text}}`,
    `${scope} .quiet{fill:${ink.quiet}}`,
    `${scope} .grid{stroke:${ink.grid}}`,
    `${scope} .axis{stroke:${ink.quiet}}`,
    `${scope} .halo{stroke:${ink.ground}}`,
  ].join("");
}

/**
 * Style of a chart. The class names the theme, because the style of an SVG inside a page counts for the whole page.
 * Where a page refuses styles, the attributes of the elements give the light theme.
 */
export function themeStyle(theme: ChartTheme): Html {
  const scope = `.tracklet-chart-${theme}`;
  const hover = `${scope} .mark:hover{opacity:1;stroke-width:3.5px}`;
  if (theme === "auto") return html`<style>${hover}@media(prefers-color-scheme:dark){${rules(scope, dark)}}</style>`;
  return html`<style>${hover}${rules(scope, theme === "dark" ? dark : light)}</style>`;
}
