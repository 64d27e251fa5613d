import type { Runtime } from "../../runtime/runtime.ts";
import type { Ledger } from "../account/ledger.ts";
import type { Content } from "../chunk/content.ts";
import type { StoredChunk } from "../chunk/stored-chunk.ts";
import type { Destination } from "../destination.ts";
import type { ToldAside } from "../lead/told-aside.ts";
import type { Problems } from "../problems.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { DeliverySettings } from "../settings.ts";
import type { QueueStore } from "../storage.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import type { LateUploads } from "./late-uploads.ts";
import type { Item, RunState } from "./run-state.ts";

/** What deliveries need. */
export interface DeliveryParts {
  /** Of the storage, for people. */
  readonly name: string;
  readonly store: QueueStore;
  readonly client: DeliveryClient;
  readonly runtime: Runtime;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly settings: DeliverySettings;
  readonly settleDelay: number;
  /** Where the data goes, and went before; undefined when nobody says so. */
  readonly destination?: Destination | undefined;
  /** Experiment, by name, for runs that give theirs by an id of another server. */
  readonly moved?: string | undefined;
  /** Runs that were created or adopted in this session, or that the storage knows. */
  readonly mappings: ReadonlyMap<string, RunMapping>;
  /** Those of them that only the storage knows: it is not made sure in this session that the server has them. */
  readonly unverified: Set<string>;
  readonly onMapped: (mapping: RunMapping) => void;
  readonly lateUploads: LateUploads;
  readonly toldAside: ToldAside;
}

/** What is left to do in the storage once the server has had its say. */
export type Finish = () => Promise<void>;

/** One chunk that is being delivered. */
export interface Job {
  readonly run: RunState;
  readonly item: Item;
  readonly chunk: StoredChunk;
  readonly content: Content;
  readonly term: number;
}
