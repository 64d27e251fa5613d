import { groupThousands } from "./group-thousands.ts";

const minus = "-";

/** A number for people: 4 significant digits, whole numbers whole, exponents where the point would be far away. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  // MLflow stores an infinity as the greatest finite double.
  if (Math.abs(value) >= Number.MAX_VALUE) return value > 0 ? "∞" : `${minus}∞`;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return groupThousands(value);
  if (size >= 1e9 || size < 1e-4) return shortExponent(value);
  if (size >= 10_000) return groupThousands(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

function shortExponent(value: number): string {
  return value
    .toExponential(3)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e");
}

/** Milliseconds for people: `320 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `4 d 03 h`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "";
  if (milliseconds < 0) return minus + formatDuration(-milliseconds);
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** A moment in local time: `2026-11-21 06:48`. */
export function formatTime(time: Date): string {
  if (Number.isNaN(time.getTime())) return "";
  const day = [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join("-");
  return `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
