/** Words that make a name one of a secret wherever they stand in it, such as `DENO_AUTH_TOKENS` and `SECRET_KEY_BASE`. */
const anywhere =
  /(?:tokens?|secrets?|passw(?:or)?ds?|passphrases?|credentials?|api_?keys?|(?:access|private|account|signing|encryption|master|hmac)_?keys?|authorization|connection_?strings?)(?=_|\d|$)/;
/** Short words, and what may follow them: in the middle they are of other names, such as `auth_type`. */
const atEnd =
  /(?:^|_)(?:(?:db|sql|pg|mysql|smtp|mail|ftp|redis|ldap|user|admin|root|my)?pass|pat|dsn|auth|pwd|creds|jwt|(?:session|auth|login|access)_?cookies?)(?:_?(?:\d+|old|new|base|prod|dev|test|staging|backup|json|b64|base64|value|primary|secondary))*$/;
/** What only speaks of one, or of the tokens and passes of a model. */
const others =
  /(?:^|_)(?:file|path|dir|url|uri|endpoint|host|name|type|mode|method|provider|ids?|counts?|limits?|budget|len(?:gth)?|size|ttl|expiry|expires|timeout|dim|min|max)$|(?:^|_)(?:max|min|num|n|pad|eos|bos|unk|sep|cls|mask|special|per|total)_(?:[a-z]+_)?tokens?$|(?:^|_)(?:multi|single|one|two|first|second|forward|backward|n|num|full)_pass$/;
/** Words that leave no doubt, at the end but for what may follow. */
const surely =
  /(?:passw(?:or)?ds?|passphrases?|secrets?|(?:api|private|access)_?keys?|secret_key_base|(?:db|sql|pg|mysql|smtp|mail|ftp|redis|ldap|admin|root)_?pass)(?:_?(?:\d+|old|new|prod|dev|test|staging|backup))*$/;

/** True for a name of an option, a variable or a field that holds a secret. */
export function isSecretName(name: string): boolean {
  const plain = plainName(name);
  return !others.test(plain) && (anywhere.test(plain) || atEnd.test(plain));
}

/** True for one whose value is a secret whatever it looks like. */
export function isSurelySecretName(name: string): boolean {
  const plain = plainName(name);
  return !others.test(plain) && surely.test(plain);
}

/** `apiKey2`, `API-KEY-2` and `api.key_2` are one. */
function plainName(name: string): string {
  return name
    .replace(/[a-z](?=[A-Z])/g, "$&_")
    .replace(/[-.$]/g, "_")
    .toLowerCase();
}
