import { MASK, type SecretForm } from "./secret-fields.ts";
import { isSecretName, isSurelySecretName } from "./secret-names.ts";

/** What no secret begins with: a variable, a place for one, a further option. */
const value = String.raw`[^\s"'\`$<>{}()[\]|;*-][^\s"'\`<>|;]{2,500}`;
/** Within one command, at most this far. */
const rest = String.raw`[^\n|;&]{0,300}?`;
/** `-p3306:3306` is a port. */
const noPort = String.raw`(?!\d{1,5}(?:[:\s]|$))`;

/** Secrets in commands of a shell, as scripts and documents have them. */
export const commandForms: readonly SecretForm[] = [
  // curl -u ann:a1b2
  {
    pattern: new RegExp(
      `(\\b(?:curl|http|https|xh)\\b${rest}\\s(?:-u|-U|-a|--user|--proxy-user|--auth)[ =]?["']?[^\\s:"'$<>{}/]{1,80}:)(?!\\d{1,5}(?:\\s|$))${value}`,
      "g",
    ),
    mask: (start) => start + MASK,
  },
  // sshpass -p a1b2, mysql -pa1b2, docker login -u ann -p a1b2, redis-cli -a a1b2
  {
    pattern: new RegExp(
      `(\\b(?:sshpass\\s+-p\\s{0,9}|(?:mysql\\w{0,20}|mariadb[\\w-]{0,20}|mycli)\\b${rest}\\s-p|(?:docker|podman|helm|oc|az|skopeo|buildah)\\s+(?:\\w+\\s+)?login\\b${rest}\\s-p\\s{0,9}|redis-cli\\b${rest}\\s-a\\s{1,9})["']?)${noPort}${value}`,
      "g",
    ),
    mask: (start) => start + MASK,
  },
  // openssl -passin pass:a1b2
  {
    pattern: new RegExp(`(\\s-pass(?:in|out)?\\s{1,9}pass:)${value}`, "g"),
    mask: (start) => start + MASK,
  },
  // --db-password=a1b2, --token a1b2
  {
    pattern: /((?<![\w-])--?([\w-]{2,60})(=|[ \t]{1,9})["']?)([^\s"'`$<>(){}[\]*,;|-][^\s"'`$<>(){}*,;|]{5,500})/g,
    mask(start, name, sign, held) {
      const isSure = sign === "=" && isSurelySecretName(name) && !/^[A-Z_]+$/.test(held);
      return isSure || (isSecretName(name) && /^(?=.*\d)(?=.*[A-Za-z])/.test(held)) ? start + MASK : undefined;
    },
  },
];

/** Programs whose `-p` is a password, beside what is before it. */
const withPassword = /^(?:sshpass|mysql\w*|mariadb[\w-]*|mycli)$/;
const logins = /^(?:docker|podman|helm|oc|az|skopeo|buildah)$/;

/**
 * What the argument after `-p`, or right behind it, is of a command line: most programs mean a port, a plugin or a
 * partition by it, so that for one that is not known only what looks like a password is one.
 */
export function isPasswordArgument(before: readonly string[], held: string): boolean {
  const names = before.map((arg) => arg.replace(/^.*[\\/]/, "").replace(/\.exe$/i, ""));
  if (names.some((name) => withPassword.test(name))) return !/^\d{1,5}(?::|$)/.test(held);
  if (names.includes("login") && names.some((name) => logins.test(name))) return true;
  return isMixed(held);
}

/** Letters of both cases and digits, or letters with digits and a sign, and nothing of a path or a list. */
function isMixed(text: string): boolean {
  if (!/^[\w!@#%^&?+~-]{8,}$/.test(text) || !/\d/.test(text)) return false;
  return (/[a-z]/.test(text) && /[A-Z]/.test(text)) || (/[A-Za-z]/.test(text) && /[!@#%^&?]/.test(text));
}
