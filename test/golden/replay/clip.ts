import type { Json } from "./scenario.ts";

/** Long texts and lists are recorded as their length with the first and last of them. Lengths are in code points. */
export function clip(value: Json): Json {
  if (typeof value === "string") {
    if (value.length <= 400) return value;
    const characters = [...value];
    if (characters.length <= 400) return value;
    return { $long: characters.length, start: characters.slice(0, 24).join(""), end: characters.slice(-8).join("") };
  }
  if (Array.isArray(value)) {
    if (value.length <= 60) return value.map(clip);
    return { $count: value.length, first: value.slice(0, 3).map(clip), last: value.slice(-2).map(clip) };
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, clip(item)]));
}
