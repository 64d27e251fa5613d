/** Where a queue's data goes, and whose it is. */
export interface Destination {
  /** Tracking URI without credentials. */
  readonly uri: string;
  /** Whose data it is, where one device serves several: the id of a user, or of a workspace. */
  readonly partition?: string;
}

/** A tracking URI as destinations are compared: without credentials, query, fragment and trailing slashes. */
export function plainUri(trackingUri: string): string {
  try {
    const url = new URL(trackingUri);
    url.username = url.password = url.search = url.hash = "";
    return url.href.replace(/\/+$/, "");
  } catch {
    return trackingUri;
  }
}

/** True for what goes to the same server for the same partition. */
export function isSame(a: Destination, b: Destination): boolean {
  return a.uri === b.uri && a.partition === b.partition;
}

/** For people. */
export function destinationText({ uri, partition }: Destination): string {
  return partition === undefined ? uri : `${uri} (partition "${partition}")`;
}
