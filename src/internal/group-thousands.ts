/** 1184 as `1,184`. Not by `toLocaleString`: the same text on every machine. */
export function groupThousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
