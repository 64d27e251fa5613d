/** What stands where a secret stood. */
const MASK = "***";

/** Names of options, variables and fields that hold secrets. */
const secretName =
  /(?:token|secret|passw(?:or)?d|passphrase|credentials?|api[-_]?key|(?:access|private|account|signing|encryption)[-_]?key|authorization|connection[-_]?string|(?:^|[-_])(?:pat|dsn|auth|pwd))$/i;

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
const passwordInAddress = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]*:[^\s/@"'<>]+@/gi;
const userInAddress = /(\bhttps?:\/\/)[^\s/@:"'<>]+@/gi;
const secretInQuery = /([?&][\w-]*(?:token|secret|signature|sig|key|password)=)[^\s&"'<>#]+/gi;
const afterScheme = /(\b(?:Bearer|Basic)\s+)(?=[\w+/=.~-]*\d)[\w+/=.~-]{8,}/g;
/** `"apiKey": "a1b2..."`: a quoted value that looks like no word. */
const quotedField = /([\w$-]+)(["']?\s*[:=]\s*)(["'])((?=[^"']*\d)(?=[^"']*[A-Za-z])[\w+/=.~-]{8,})\3/g;
/** The same for names that leave no doubt: any value but one that is filled in later. */
const plainField =
  /([\w$-]*(?:passw(?:or)?d|passphrase|secret|(?:api|private|access)[-_]?key))(["']?\s*[:=]\s*)(["'])([^\s"'$<>{}*]{6,})\3/gi;
/** `API_KEY=a1b2...` and `//host/:_authToken=...` as a whole line, also of a diff. */
const lineField = /^([+\- ]?\s*(?:export\s+)?[^\s=]*?([\w-]+)=)(["']?)((?=.*\d)[^\s"']{8,})\3[ \t]*$/gm;

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
      isSecretName(name) || name.endsWith("_KEY") ? [value] : passwordOf(value),
    );
    // The longest first, so that no part of one is left; a short plain word would be found everywhere.
    this.#known = [...new Set([...named, ...known])]
      .filter((value) => value.length >= (/^[a-z]+$/i.test(value) ? 12 : 6) && !/^[/~.]|^\d+$/.test(value))
      .toSorted((a, b) => b.length - a.length);
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
      .replace(quotedField, (whole, name: string, sign: string, quotes: string) => {
        if (!isSecretName(name)) return whole;
        count++;
        return `${name}${sign}${quotes}${MASK}${quotes}`;
      })
      .replace(
        plainField,
        mask((name, sign, quotes) => `${name}${sign}${quotes}${MASK}${quotes}`),
      )
      .replace(lineField, (whole, start: string, name: string, quotes: string) => {
        if (!isSecretName(name)) return whole;
        count++;
        return `${start}${quotes}${MASK}${quotes}`;
      });
    return { text: clean, count };
  }

  /** A command line: also values that follow an option named like a secret. */
  redactCommand(args: readonly string[]): string[] {
    let next = false;
    return args.map((arg) => {
      const hidden = next && !arg.startsWith("-");
      const [, option, value] = /^(?:--?)?([\w.-]+)(?:=(.+))?$/s.exec(arg) ?? [];
      const secret = option !== undefined && isSecretName(option);
      next = secret && value === undefined && arg.startsWith("-");
      if (hidden) return MASK;
      if (secret && value !== undefined) return `${arg.slice(0, arg.length - value.length)}${MASK}`;
      return this.redact(arg).text;
    });
  }
}

/** True for a name of an option, a variable or a field that holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name.replace(/[a-z](?=[A-Z])/g, "$&_"));
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
