import { expect, test } from "vitest";
import { OutputLog } from "../../src/cli/output-log.ts";
import { OutputRedactor, outputSecrets } from "../../src/cli/output-redactor.ts";

const keyLine = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${"Bk".repeat(16)}`;
const key = (name: string) => `-----BEGIN ${name}-----\n${`${keyLine}\n`.repeat(3)}-----END ${name}-----\n`;

/** What stays of a text that comes in these pieces. */
function cleaned(pieces: readonly string[], variables: Record<string, string> = {}): string {
  let text = "";
  const redactor = new OutputRedactor(outputSecrets(variables), (clean) => {
    text += clean;
  });
  for (const piece of pieces) redactor.add(piece);
  redactor.end();
  return text;
}
const lines = (text: string): string[] => text.split(/(?<=\n)/);

test("OutputRedactor.add() takes out a private key of several lines, and nothing beside it", () => {
  for (const name of ["PRIVATE KEY", "RSA PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]) {
    expect(cleaned(lines(`before\nkey: ${key(name)}after\n`))).toBe("before\nkey: ***\nafter\n");
  }
  expect(cleaned(lines(`${key("CERTIFICATE")}`))).toBe(key("CERTIFICATE"));
  const cut = cleaned(lines("-----BEGIN PRIVATE KEY-----\n" + `${keyLine}\n`.repeat(9)));
  expect(cut).toBe("***");
});

test("OutputRedactor.add() goes on after a text that only speaks of a key", () => {
  const text = cleaned(lines(`see -----BEGIN PRIVATE KEY-----\n${"text\n".repeat(1000)}`));
  expect(text.split("\n").length).toBeGreaterThan(500);
});

test("OutputRedactor.add() takes out a secret that is cut into two pieces", () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  const variables = { STATION_TOKEN: "s3cret of the station", DEPLOY_KEY: `${keyLine}\nlast-line-of-it` };
  for (const at of [3, 20, 39]) {
    const text = cleaned([`${"x ".repeat(33_000)}${token.slice(0, at)}`, `${token.slice(at)} rest\n`]);
    expect([text.includes("***"), text.length, /a1B2/.test(text)]).toEqual([true, 66_009, false]);
  }
  // Where the piece that is held back begins within the secret.
  const long = `${"yy ".repeat(2700)}${variables.STATION_TOKEN}${" zz".repeat(1362)}`;
  expect(cleaned([long, `${long}\n`], variables)).not.toMatch(/s3cret|station/);
  expect(cleaned([`${keyLine}\n`, "last-line-of-it\n", "fine\n"], variables)).toBe("***\n***\nfine\n");
});

test("OutputLog.add() keeps the beginning and the end of short lines without walking what it has", () => {
  const log = new OutputLog();
  const count = 4_500_000;
  const took = (from: number, to: number): number => {
    const begun = performance.now();
    for (let n = from; n < to; n++) log.add(n % 2 === 0 ? "a\n" : "b\n");
    return performance.now() - begun;
  };
  const all = took(0, count);
  // The same again for each line, once it is full: by moving what it keeps this takes minutes.
  expect(took(count, count + 20_000)).toBeLessThan(Math.max(all, 1000));
  const { text } = log;
  expect(text.startsWith("a\nb\na\n")).toBe(true);
  expect(text.endsWith("a\nb\n")).toBe(true);
  const left = Number(/\.\.\. (\d+) characters are left out/.exec(text)?.[1]);
  expect(text.replace(/\n\.\.\..*\n\n/, "").length + left).toBe(2 * (count + 20_000));
});
