/** Where a queue's data goes, and whose it is. */
export interface Destination {
  /** Tracking URI without credentials. */
  readonly uri: string;
  /** MLflow's workspace, where the server has several. */
  readonly workspace?: string;
  /** Whose data it is, where one device serves several: the id of a user. */
  readonly partition?: string;
}

/** A tracking URI as destinations are compared: without credentials, query, fragment and trailing slashes. */
export function plainUri(trackingUri: string): string {
  try {
    const url = new URL(trackingUri);
    url.username = "";
    url.password = "";
    url.search = "";
    url.hash = "";
    return url.href.replace(/\/+$/, "");
  } catch {
    return trackingUri;
  }
}

/** True for what goes to the same place of the same server, for the same partition. */
export function isSameDestination(a: Destination, b: Destination): boolean {
  return a.uri === b.uri && a.workspace === b.workspace && a.partition === b.partition;
}

/** For people. */
export function destinationText({ uri, workspace, partition }: Destination): string {
  const of = [
    ...(workspace === undefined ? [] : [`workspace "${workspace}"`]),
    ...(partition === undefined ? [] : [`partition "${partition}"`]),
  ];
  return of.length === 0 ? uri : `${uri} (${of.join(", ")})`;
}
