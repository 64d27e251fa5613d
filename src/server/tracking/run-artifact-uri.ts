/** `artifact_uri` of a run below its experiment's location; a query of the location stays at the end. */
export function runArtifactUri(location: string, runId: string): string {
  const query = /^[a-z][a-z0-9+.-]*:/i.test(location) ? location.indexOf("?") : -1;
  const path = query === -1 ? location : location.slice(0, query);
  const base = path.endsWith("/") ? path.slice(0, -1) : path;
  return `${base}/${runId}/artifacts${query === -1 ? "" : location.slice(query)}`;
}
