/** Files whose place is to hold secrets; examples of them do not. */
const names =
  /^(?:\.env(?:\..+)?|\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|_netrc|\.pypirc|\.pgpass|\.git-credentials|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)|(?:.*[-_.])?(?:credentials?|secrets?|service[-_]?account)(?:[-_.].*)?\.(?:json|ya?ml|toml|ini|txt)|credentials|\.?bunfig\.toml)$/i;
const examples = /\.(?:example|sample|template|dist)$/i;
const folders = /^\.(?:aws|ssh|gnupg|docker|kube|azure|config)$/i;

/** True for a path, with `/`, of a file that exists to hold secrets: it is not looked into. */
export function isSecretFile(path: string): boolean {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  return (names.test(name) && !examples.test(name)) || parts.slice(0, -1).some((part) => folders.test(part));
}
