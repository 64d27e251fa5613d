import { isSecretName, isSurelySecretName } from "./secret-names.ts";

/** What stands where a secret stood. */
export const MASK = "***";

/** A form that a name and its value have; `mask` gives what stands in its place, or undefined for no secret. */
export interface SecretForm {
  readonly pattern: RegExp;
  mask(...groups: string[]): string | undefined;
}

/** True for a value that looks like no word, or any one of a name that leaves no doubt. */
export function isSecretValue(name: string, held: string): boolean {
  if (isSurelySecretName(name)) return true;
  return isSecretName(name) && /^(?=.*\d)(?=.*[A-Za-z])[\w+/=.~!@#%^&?-]{8,}$/.test(held) && !/^[@#]/.test(held);
}

/** As above for a value without quotes, which may be a word of code. */
function isBareSecret(name: string, quote: string, held: string): boolean {
  return isSecretValue(name, held) && (quote !== "" || (/\d/.test(held) && !/^[A-Za-z_]\w*\./.test(held)));
}

/** Between two parts of a field: also over lines, in a diff as well. Lengths are bounded, as a file may be one line. */
const gap = String.raw`[\s+]`;
const held = String.raw`([^\s"'\`$<>(){}[\],;*]{6,500})`;

/** Names and values that do not stand as `name: value` or `name=value`. */
export const fieldForms: readonly SecretForm[] = [
  // <password>a1b2</password>
  {
    pattern: /(<([\w.:-]{1,80})(?:\s[^<>]{0,300})?>\s{0,9})([^\s<>{}$*]{6,500})(?=\s{0,9}<\/\2\s{0,9}>)/g,
    mask: (start, name, value) => (isSecretValue(afterColon(name), value ?? "") ? start + MASK : undefined),
  },
  // <add key="Password" value="a1b2"/>, and the name and value of JSON and YAML
  {
    pattern: new RegExp(
      `(\\b(?:key|name)["']?\\s{0,9}[:=]\\s{0,9}["']?([\\w.-]{1,80})["']?,?${gap}{1,80}["']?value["']?\\s{0,9}[:=]\\s{0,9}(["']?))${held}(?=\\3(?:[\\s,}/>]|$))`,
      "gi",
    ),
    mask: (start, name, quote, value) => (isBareSecret(name, quote, value) ? start + MASK : undefined),
  },
  // secret: { value: a1b2 }
  {
    pattern: new RegExp(
      `((?<![\\w$-])([\\w.-]{1,80})["']?\\s{0,9}:(?:\\s{0,9}\\{)?${gap}{1,80}["']?(?:value|default)["']?\\s{0,9}[:=]\\s{0,9}(["']?))${held}(?=\\3(?:[\\s,}]|$))`,
      "g",
    ),
    mask: (start, name, quote, value) => (isBareSecret(name, quote, value) ? start + MASK : undefined),
  },
  // environ["DB_PASS"] = "a1b2", "password" => "a1b2", password := "a1b2", pwd: str = "a1b2", var pwd string = "a1b2"
  {
    pattern:
      /((?<![\w$-])([\w$-]{1,80})(?:["']?\]\s{0,9}=|["']?\s{0,9}(?:=>|:=)|\s{0,9}:\s{0,9}[A-Za-z][\w.[\]| ]{0,40}=|[ \t][A-Za-z]\w{0,20}[ \t]=)\s{0,9}(["']))([^\s"'`$<>{}*]{6,500})(?=\3)/g,
    mask: (start, name, _, value) => (isSecretValue(name, value) ? start + MASK : undefined),
  },
  // os.environ.setdefault("DB_PASS", "a1b2")
  {
    pattern:
      /(\b(?:setdefault|(?:put|set|get)env|environ\.get)\(\s{0,9}["']([\w.-]{1,80})["']\s{0,9},\s{0,9}(["']))([^\s"'`$<>{}*]{6,500})(?=\3)/gi,
    mask: (start, name, _, value) => (isSecretValue(name, value) ? start + MASK : undefined),
  },
  // passwd = ("a1" "b2"), also over lines and with + between them
  {
    pattern:
      /((?<![\w$-])([\w$-]{1,80})["']?\]?(?:\s{0,9}:\s{0,9}[A-Za-z][\w.]{0,40})?\s{0,9}=\s{0,9}(?:\(\s{0,80})?)((?:["'][^\s"'`$<>{}]{1,500}["'][\s+\\]{0,80}){1,20})/g,
    mask(start, name, parts) {
      const value = parts.replace(/["'][\s+\\]*["']|^["']|["'][\s+\\]*$/g, "");
      if (value === MASK || value.length < 6 || !isSecretValue(name, value)) return undefined;
      const end = /["']([\s+\\]*)$/.exec(parts)?.[1] ?? "";
      return `${start}${parts[0]}${MASK}${parts[0]}${end}`;
    },
  },
  // AccountKey=a1b2==;EndpointSuffix=x
  {
    pattern: /(\b(?:Account|SharedAccess|SharedSecret|Access)_?Key\s?=\s?)(?=[^\s;"'`]{0,500}\d)[\w+/=.~%-]{8,}/gi,
    mask: (start) => start + MASK,
  },
  // Server=x;Password=a1b2;Database=y
  {
    pattern: /(;\s?(?:Password|Pwd)\s?=\s?)(?=[^\s;"'`]{0,500}[\d!@#%^&])[^\s;"'`$<>(){}*]{6,500}(?=[;"'`\s]|$)/gi,
    mask: (start) => start + MASK,
  },
  // Cookie: session=a1b2
  {
    pattern:
      /(\b(?:set-)?cookie["']?\s{0,9}:\s{0,9}["'`]?[\w.!%~-]{1,100}=)(?=[^\s;"'`]{0,500}\d)[^\s;"'`$<>(){}*]{8,4096}/gi,
    mask: (start) => start + MASK,
  },
];

function afterColon(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}
