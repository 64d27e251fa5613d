/** A server, or a part of one. */
export interface Place {
  /** Tracking URI without credentials. */
  readonly uri: string;
  /** MLflow's workspace, where the server has several. */
  readonly workspace?: string;
}

/** Where a queue's data goes, and whose it is. */
export interface Destination extends Place {
  /** Whose data it is, where one device serves several: the id of a user. */
  readonly partition?: string;
  /** Where it went before somebody sent it elsewhere, each with the last term in which something was sent there. */
  readonly former?: readonly (Place & { readonly term: number })[];
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

/** The same, whosever data it is. */
export function isSamePlace(a: Place, b: Place): boolean {
  return a.uri === b.uri && a.workspace === b.workspace;
}

/** The place alone. */
export function placeOf({ uri, workspace }: Place): Place {
  return { uri, ...(workspace === undefined ? {} : { workspace }) };
}

/** Where the leader of a term sent to; undefined when that is where the data goes now, or when it is not known. */
export function formerPlace(destination: Destination | undefined, term: number): Place | undefined {
  const before = destination?.former?.find((former) => term <= former.term);
  return before && !isSamePlace(before, destination!) ? placeOf(before) : undefined;
}

/** For people. */
export function destinationText({ uri, workspace, partition }: Destination): string {
  const of = [
    ...(workspace === undefined ? [] : [`workspace "${workspace}"`]),
    ...(partition === undefined ? [] : [`partition "${partition}"`]),
  ];
  return of.length === 0 ? uri : `${uri} (${of.join(", ")})`;
}
