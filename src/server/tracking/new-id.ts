import type { Random } from "../../runtime/ports/random.ts";

/** 32 hexadecimal digits in the form of a version 4 UUID without dashes, as MLflow names runs, datasets and inputs. */
export function newId(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let id = "";
  for (const byte of bytes) id += (byte < 16 ? "0" : "") + byte.toString(16);
  return id;
}
