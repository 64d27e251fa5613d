/** What every chart can be told. */
export interface ChartOptions {
  /** Said above the chart and to screen readers. */
  readonly title?: string;
  /** What the chart shows, for screen readers. @default made from the data */
  readonly description?: string;
  /** Width in pixels of the drawing, which scales with its place in a page. @default 640 */
  readonly width?: number;
  /** Height in pixels. @default 360; bar charts grow with their bars */
  readonly height?: number;
  /** Colours of ground and text; `auto` follows the reader's system. @default "auto" */
  readonly theme?: ChartTheme;
}

/** Which ground a chart is drawn on. */
export type ChartTheme = "auto" | "light" | "dark";

/** How one axis is drawn. */
export interface AxisOptions {
  /** Name of what is measured, with its unit. */
  readonly label?: string;
  /** On a log axis, values of 0 and less are gaps. @default "linear" */
  readonly scale?: "linear" | "log";
}
