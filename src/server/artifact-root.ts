/**
 * Where artifacts lie, under its two names. The database of a local store keeps absolute folders, as MLflow's local
 * mode does, so that Python beside it finds the files; clients of the embedded server are told the proxied
 * `mlflow-artifacts:` form, because they reach files through the server only.
 */
export interface ArtifactRoot {
  /** `artifact_location` of a new experiment. */
  locationOf(experimentId: string): string;
  /** A stored location or URI as clients are told it. */
  toPublic(uri: string): string;
  /** A URI as a client gives it, as the database keeps it. */
  toStored(uri: string): string;
  /** The path inside the artifact store that a stored or public URI names; undefined when it lies elsewhere. */
  toPath(uri: string): string | undefined;
}

const proxied = "mlflow-artifacts:/";

/**
 * @param root `mlflow-artifacts:/` (the default of `tracklet server`), or the absolute folder of a local store.
 *   Anything else, such as `s3://bucket/prefix`, is kept and told as it is.
 */
export function createArtifactRoot(root: string = proxied): ArtifactRoot {
  const base = root.endsWith("/") ? root : `${root}/`;
  const folder = folderOf(base);
  const inside = (uri: string): string | undefined => {
    const path = folder === undefined ? undefined : folderOf(uri);
    if (path === undefined || folder === undefined) return undefined;
    if (path === folder.slice(0, -1)) return "";
    return path.startsWith(folder) ? path.slice(folder.length) : undefined;
  };
  return {
    locationOf: (experimentId) => base + experimentId,
    toPublic: (uri) => {
      const path = inside(uri);
      return path === undefined ? uri : proxied + path;
    },
    toStored: (uri) => {
      const path = folder === undefined ? undefined : proxiedPath(uri);
      return path === undefined ? uri : base + path;
    },
    toPath: (uri) => proxiedPath(uri) ?? inside(uri),
  };
}

/** The path in `mlflow-artifacts:/path` and `mlflow-artifacts://host/path`. */
function proxiedPath(uri: string): string | undefined {
  return /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/s.exec(uri)?.[1];
}

/** The path of an absolute folder, also in the form `file:///folder`; undefined for everything else. */
function folderOf(uri: string): string | undefined {
  if (/^file:\/\//i.test(uri)) return decoded(uri.replace(/^file:\/\/[^/]*/i, ""));
  return uri.startsWith("/") || /^[A-Za-z]:[\\/]/.test(uri) ? uri.replaceAll("\\", "/") : undefined;
}

/** What is not valid percent-encoding names no folder of ours. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
