/**
 * What the entry `tracklet` has beside `createTracker`, of which there is a form for pages.
 *
 * @module
 */
export { memoryQueue } from "./queue/storage/memory.ts";
export * from "./errors/index.ts";

// Tracking
export type {
  Tracker,
  CurrentExperiment,
  DownloadOptions,
  FindOrStartRunOptions,
  OpenArtifactOptions,
  RunByName,
  RunNode,
  SearchRunsOptions,
  TrackerQueue,
} from "./tracker/types/tracker.ts";
export type { TrackerOptions, WaitUntil } from "./tracker/types/tracker-options.ts";
export type { ArtifactOptions, ImageOptions, ImagePixels, TableData } from "./tracker/types/artifacts.ts";
export type { DatasetData, InputDataset, InputOptions } from "./tracker/types/datasets.ts";
export type { LoggedModelHandle, LogModelOptions, ModelFiles } from "./tracker/types/models.ts";
export type { EndOptions, ReadOptions, Run, StartRunOptions } from "./tracker/types/run.ts";
export type { MetricOptions, MetricSeries, ParamOptions } from "./tracker/types/values.ts";
export type {
  Alert,
  AlertOperator,
  AlertRule,
  AlertRuleOptions,
  AlertWebhook,
  NotFiniteRule,
  QueueRule,
  SilenceRule,
  ThresholdRule,
  TrendRule,
} from "./tracker/types/alerts.ts";
export type { ControlOptions, RequestAnswer, RunControl, RunRequest } from "./tracker/types/control.ts";
export type { Quarantine } from "./tracker/types/quarantine.ts";
export type { Shown } from "./tracker/shown.ts";
export type {
  Cell,
  ComparedField,
  CsvOptions,
  DataTable,
  HistoryRow,
  ShownTable,
} from "./tracker/table-types.ts";
export type { RunColumn, RunRow, RunTable, SelectedRow } from "./tracker/run-table-types.ts";

// Delivery
export type {
  Amount,
  DeliveryOptions,
  FlushOptions,
  FlushReport,
  HostState,
  NewModel,
  NewRun,
  Problem,
  QueueStatus,
  ModelReceipt,
  Receipt,
  ReceiptLine,
  RunChange,
} from "./queue/types.ts";
export type { Destination, Place } from "./queue/destination.ts";
export type { Fate, FateLine } from "./queue/account/fates.ts";
export type { KeyCounts } from "./queue/account/key-counts.ts";
export type { Claim, Lease } from "./queue/lead/lease.ts";
export type { OpenRun } from "./queue/lead/open-run.ts";
export type { QuarantinedItem, QuarantineTarget } from "./queue/drain/quarantine-types.ts";
export type { ChunkKind, Requests, Rows } from "./queue/chunk/request.ts";
export type { AccountDraft, AccountRecord } from "./queue/account/account-record.ts";
export type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  QuarantinedChunk,
  QuarantinedHeader,
  SealedChunk,
  StoredChunk,
} from "./queue/chunk/stored-chunk.ts";
export type { DesiredRun, ModelMapping, RunMapping } from "./queue/run-mapping.ts";
export type { QueueStorage, QueueStore, StorageCounts } from "./queue/storage.ts";

// MLflow's entities and the way to a server
export type { Auth, CallOptions, ClientRuntime, Connection, RetryOptions } from "./client/types/connection.ts";
export type {
  Dataset,
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  MetricPoint,
  RunData,
  RunInfo,
  RunStatus,
  ViewType,
} from "./client/types/entities.ts";

// The platform, handed in
export type { Runtime, RuntimeName } from "./runtime/runtime.ts";
export type { AsyncContext, AsyncContexts } from "./runtime/ports/async-context.ts";
export type { Broadcast, Channel } from "./runtime/ports/broadcast.ts";
export type { Clock, Timer } from "./runtime/ports/clock.ts";
export type { Environment } from "./runtime/ports/environment.ts";
export type { Fetch } from "./runtime/ports/fetch.ts";
export type { Files, FileStat } from "./runtime/ports/files.ts";
export type { EndReason, Hiding, Lifecycle } from "./runtime/ports/lifecycle.ts";
export type { Host, HostFacts } from "./runtime/ports/host.ts";
export type { LockOptions, Locks } from "./runtime/ports/locks.ts";
export type { Online } from "./runtime/ports/online.ts";
export type { Random } from "./runtime/ports/random.ts";
export type { Spawn, SpawnOptions, SpawnResult } from "./runtime/ports/spawn.ts";
export type { System, SystemFigures } from "./runtime/ports/system.ts";
export type { Terminal } from "./runtime/ports/terminal.ts";
