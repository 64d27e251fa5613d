/** Files whose place is to hold secrets; examples of them do not. */
const names =
  /^(?:\.env(?:\..+)?|.+\.env|\.envrc|.*\.tfvars(?:\.json)?|.*\.tfstate(?:\.backup)?|\.dockercfg|\.my\.cnf|\.boto|\.s3cfg|\.vault[-_]pass(?:word)?|kubeconfig|\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|_netrc|\.pypirc|\.pgpass|\.git-credentials|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)|(?:.*[-_.])?(?:credentials?|secrets?|passwords?|service[-_]?account)(?:[-_.].*)?\.(?:json|ya?ml|toml|ini|txt|csv|xml|cfg|conf|properties|db)|credentials|\.?bunfig\.toml)$/i;
const examples = /\.(?:example|sample|template|dist)$/i;
const folders = /^\.(?:aws|ssh|gnupg|docker|kube|azure|config|secrets?)$/i;
/** Folders that hold secrets but for code and words about them. */
const stores = /^(?:secrets?|credentials?)$/i;
const code = /\.(?:[cm]?[jt]sx?|py|ipynb|go|rs|java|kts?|rb|php|cs|c|h|cpp|hpp|swift|sh|sql|html?|css|md|mdx|rst)$/i;

/** True for a path, with `/`, of a file that exists to hold secrets: it is not looked into. */
export function isSecretFile(path: string): boolean {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  const above = parts.slice(0, -1);
  if (above.some((part) => folders.test(part))) return true;
  if (examples.test(name)) return false;
  return names.test(name) || (!code.test(name) && above.some((part) => stores.test(part)));
}
