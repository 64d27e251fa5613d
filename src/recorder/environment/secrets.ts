import { textOfBytes } from "./binary-text.ts";
import { maskBlocks } from "./secret-blocks.ts";
import { commandForms, isPasswordArgument } from "./secret-commands.ts";
import { fieldForms, isSecretValue, MASK } from "./secret-fields.ts";
import { isSecretName, isSurelySecretName } from "./secret-names.ts";

/** Forms that secrets are known by, wherever they stand. */
const forms: readonly RegExp[] = [
  /\b(?:gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{24,})/g,
  /\b(?:sk|pk|rk)-[\w-]{20,}/g,
  /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{35}/g,
  /\bxox[abeoprs]-[\w-]{10,}/g,
  /\bpypi-[\w-]{30,}/g,
  /\bdapi[0-9a-f]{32}\b/g,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  /\bhooks\.slack\.com\/services\/[\w/]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----BEGIN)[\s\S])*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** A password in an address; only http and https have users that are secrets by themselves. */
const passwordInAddress = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@"'<>]{0,300}?:[^\s/@"'<>]{1,300}@/gi;
const userInAddress = /(\bhttps?:\/\/)[^\s/@:"'<>]{1,300}@/gi;
const secretInQuery = /([?&][\w-]{0,80}(?:token|secret|signature|sig|key|password)=)[^\s&"'<>#]+/gi;
const afterScheme = /(\b(?:Bearer|Basic)\s{1,9})(?=[\w+/=.~-]*\d)[\w+/=.~-]{8,}/g;
/** Where a header says it, also what has no digit. */
const header = /(\bauthorization["']?\s{0,9}[:=,]\s{0,9}["'`]?(?:Bearer|Basic|Token)\s{1,9})[\w+/=.~-]{6,}/gi;
/** `"apiKey": "a1b2..."`: a quoted value. Lengths are bounded, as a file may be one line of megabytes. */
const quotedField = /(?<![\w$-])([\w$-]{1,80})(["']?\s{0,9}[:=]\s{0,9})(["'`])([^\s"'`$<>{}*]{6,500})\3/g;
/** `API_KEY=a1b2...` and `//host/:_authToken=...` as a whole line, also of a diff. */
const assignedLine =
  /^([+\- ]?[ \t]*(?:export[ \t]+|set[ \t]+)?[^\s=]{0,200}?([\w-]{1,80})=)(["']?)([^\s"']{6,})\3(?=[ \t]*\r?$)/gm;
/** `api_key: a1b2...`, `- token: ...`, `API_KEY = ...` and `X-Api-Key: ...` as a whole line. */
const spacedLine =
  /^([+\- ]?[ \t]*(?:-[ \t]+)?(["']?)([\w.-]{1,80})\2(?:[ \t]*=[ \t]*|[ \t]*:[ \t]+))([^\s"'`$<>{}()[\],;*]{8,})(?=[ \t]*(?:#.*)?\r?$)/gm;
/** `ENV NPM_AUTH a1b2...` of a Dockerfile. */
const dockerLine = /^([+\- ]?[ \t]*(?:ENV|ARG)[ \t]+(\w{1,80})[ \t]+)([^\s"'=$*]{6,})(?=[ \t]*\r?$)/gm;
/** `TOKEN=a1b2...` among other words. */
const assigned = /((?<![\w$])([A-Z][A-Z0-9_]{1,80})=)(["']?)([^\s"'`$<>(){}*,;]{6,})(?=\3(?:[\s;]|$))/g;
/** `self.tokens2`: a name of code, and no value. */
const ofCode = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/;

/** A text without its secrets. */
export interface Redacted {
  readonly text: string;
  /** How many were taken out. */
  readonly count: number;
}

/** Takes secrets out of texts: those that are known, and whatever looks like one. */
export class Secrets {
  readonly #known: readonly string[];

  /** @param variables Environment variables: the values of those that are named like secrets are known. */
  constructor(variables: Readonly<Record<string, string>> = {}, known: readonly string[] = []) {
    const named = Object.entries(variables).flatMap(([name, value]) =>
      isSecretName(name) || /(?:_KEYS?(?:_\d+)?|COOKIES?|JWT)$/i.test(name) ? [value] : passwordOf(value),
    );
    // A short plain word would be found everywhere.
    const values = [...named, ...known].filter((value) => value.length >= (/^[a-z]+$/i.test(value) ? 12 : 6));
    // In what is no text, or a text of any encoding, a character stands for a byte.
    const all = values.flatMap((value) => [value, textOfBytes(new TextEncoder().encode(value))]);
    // The longest first, so that no part of one is left.
    this.#known = [...new Set(all)].toSorted((a, b) => b.length - a.length);
  }

  redact(text: string): Redacted {
    let count = 0;
    let clean = text;
    const mask = (keep: (...groups: string[]) => string) => {
      return (whole: string, ...groups: string[]): string => {
        const kept = keep(...groups);
        // What was masked before is none any more.
        if (kept === whole) return whole;
        count++;
        return kept;
      };
    };
    for (const known of this.#known) {
      if (!clean.includes(known)) continue;
      count += clean.split(known).length - 1;
      clean = clean.replaceAll(known, MASK);
    }
    for (const form of forms)
      clean = clean.replace(
        form,
        mask(() => MASK),
      );
    clean = clean
      .replace(
        passwordInAddress,
        mask((scheme) => `${scheme}${MASK}@`),
      )
      .replace(
        userInAddress,
        mask((scheme) => `${scheme}${MASK}@`),
      )
      .replace(
        secretInQuery,
        mask((name) => `${name}${MASK}`),
      )
      .replace(
        afterScheme,
        mask((scheme) => `${scheme}${MASK}`),
      )
      .replace(
        header,
        mask((start) => `${start}${MASK}`),
      );
    const value = (is: boolean, whole: string, masked: string): string => {
      if (!is) return whole;
      count++;
      return masked;
    };
    clean = clean
      .replace(quotedField, (whole, name: string, sign: string, quote: string, held: string) =>
        value(isQuotedSecret(name, sign, held), whole, `${name}${sign}${quote}${MASK}${quote}`),
      )
      .replace(assignedLine, (whole, start: string, name: string, quote: string, held: string) => {
        const isSure = /^[A-Z][A-Z0-9_]*$/.test(name) && isSurelySecretName(name) && !/[$<>{}()*]/.test(held);
        const is = isSure || (isSecretName(name) && /^(?=.*\d).{8}/.test(held) && !ofCode.test(held));
        return value(is, whole, `${start}${quote}${MASK}${quote}`);
      })
      .replace(spacedLine, (whole, start: string, _: string, name: string, held: string) =>
        value(isSecretName(name) && /\d/.test(held) && !ofCode.test(held), whole, `${start}${MASK}`),
      )
      .replace(dockerLine, (whole, start: string, name: string) => value(isSecretName(name), whole, `${start}${MASK}`))
      .replace(assigned, (whole, start: string, name: string, quote: string, held: string) => {
        const is = isSurelySecretName(name) || (isSecretName(name) && /^(?=.*\d).{8}/.test(held));
        return value(is, whole, `${start}${quote}${MASK}`);
      });
    for (const { pattern, mask: masked } of [...fieldForms, ...commandForms]) {
      clean = clean.replace(pattern, (whole, ...groups: string[]) => {
        const text = masked(...groups);
        return value(text !== undefined, whole, text ?? whole);
      });
    }
    const blocks = maskBlocks(clean);
    clean = blocks.text;
    count += blocks.count;
    return { text: clean, count };
  }

  /** A command line: also values of options named like secrets, and passwords of `-u user:password` and `-p password`. */
  redactCommand(args: readonly string[]): string[] {
    let next: "secret" | "user" | "password" | undefined;
    return args.map((arg, at) => {
      const earlier = args.slice(0, at);
      const before = next;
      next = undefined;
      if (before === "secret" && !arg.startsWith("-")) return MASK;
      if (before === "user") return withoutPassword(this.redact(arg).text);
      if (before === "password" && isPasswordArgument(earlier, arg)) return MASK;
      if (arg === "-p") next = "password";
      else if (/^-p[^-=]/.test(arg) && isPasswordArgument(earlier, arg.slice(2))) return `-p${MASK}`;
      const [, option, value] = /^(?:--?)?([\w.-]+)(?:=(.+))?$/s.exec(arg) ?? [];
      const isOption = option !== undefined && arg.startsWith("-");
      if (option !== undefined && isSecretName(option)) {
        if (value !== undefined) return `${arg.slice(0, arg.length - value.length)}${MASK}`;
        if (isOption) next = "secret";
      } else if (isOption && /^(?:u|U|user|proxy-user)$/.test(option)) {
        if (value !== undefined) {
          return `${arg.slice(0, arg.length - value.length)}${withoutPassword(this.redact(value).text)}`;
        }
        next = "user";
      } else if (/^-u[^-=:/]+:/.test(arg)) return `-u${withoutPassword(this.redact(arg.slice(2)).text)}`;
      return this.redact(arg).text;
    });
  }
}

/** `ann:password`; two numbers are a user and a group, and after a name a port. */
function withoutPassword(text: string): string {
  return text.replace(/^([^:/\s]+):(?!\/)(?!\d{1,5}$).+$/s, `$1:${MASK}`);
}

/** A value that looks like no word, or any one of a name that leaves no doubt. */
function isQuotedSecret(name: string, sign: string, held: string): boolean {
  // In JSON a field named so is no kind of a word.
  if (isSurelySecretName(name) || (/^["']/.test(sign) && /tokens?$/i.test(name) && isSecretName(name))) return true;
  return isSecretValue(name, held);
}

/** The password of a variable such as DATABASE_URL. */
function passwordOf(value: string): string[] {
  const url = value.includes("://") ? URL.parse(value) : null;
  if (url === null) return [];
  const parts = [url.password, url.password === "" ? url.username : ""];
  return parts.filter((part) => part !== "").flatMap((part) => [part, decoded(part)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
