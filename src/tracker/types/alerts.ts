/** How a value is compared with that of a rule. */
export type AlertOperator = ">" | ">=" | "<" | "<=" | "==" | "!=";

/**
 * Where an alert is posted to, also while the queue is paused or a recorder is OFFLINE: nothing of the run's data goes
 * there. In a page its server must allow that by CORS; a `slack` form without `secret` needs no preflight.
 */
export interface AlertWebhook {
  /** `https:` or `http:`. It is followed to no other host, and neither stored with the run nor shown. */
  readonly url: string | URL;
  /** `json`: the fields of the alert; `slack`: `{ "text": ... }`, which Slack and what looks like it show, as plain text and without headers of ours. @default "json" */
  readonly form?: "json" | "slack";
  /**
   * Signs each post: the header `x-tracklet-signature` is `t=<milliseconds>,v1=<hex>`, the HMAC-SHA-256 of
   * `<milliseconds>.<body>` by this secret.
   */
  readonly secret?: string;
}

/** What all rules have. */
export interface AlertRuleOptions {
  /**
   * Names the rule within its run: the same name again replaces where it is delivered to, and goes on with what it has
   * seen. Letters, digits, spaces and `_ - . : /`, at most 180 characters. @default made of what it watches
   */
  readonly id?: string;
  /** What the alert says, at most 500 characters. @default what the rule watches */
  readonly text?: string;
  /** Records in a row for which a rule on values must hold before it alerts. @default 1 */
  readonly records?: number;
  /**
   * A rule that has alerted is armed again once it does not hold, and alerts again at the earliest these many
   * milliseconds after its last alert. Tabs and processes that share a queue count as one here. @default 60000
   */
  readonly cooldown?: number;
  /** Called with each alert; what it throws is told to `onProblem`. Not stored with the run: attach it again after a crash. */
  readonly onAlert?: (alert: Alert) => void | Promise<void>;
  /**
   * Posted to with each alert, and tried again while the tracker is open. Not stored either: what nobody took by then is
   * posted by the next process that resumes the run, or sets a rule of this `id` in its experiment.
   */
  readonly webhook?: string | URL | AlertWebhook;
}

/** Alerts when a value of a metric compares so. NaN is only ever `!=`. */
export interface ThresholdRule extends AlertRuleOptions {
  readonly metric: string;
  readonly operator: AlertOperator;
  readonly value: number;
}

/** Alerts when a metric has had no better value for this number of steps. */
export interface TrendRule extends AlertRuleOptions {
  readonly metric: string;
  /** Steps, from 1. */
  readonly noImprovementFor: number;
  /** Which way is better. @default "min" */
  readonly goal?: "min" | "max";
  /** By how much a value must be better to count. @default 0 */
  readonly minDelta?: number;
}

/** Alerts when a metric is NaN or infinite. */
export interface NotFiniteRule extends AlertRuleOptions {
  /** @default any but those of the machine, `system/...` */
  readonly metric?: string;
  readonly notFinite: true;
}

/** Alerts when nothing was logged for this long, by the clock of this process. */
export interface SilenceRule extends AlertRuleOptions {
  /** @default any but those of the machine, `system/...` */
  readonly metric?: string;
  /** Milliseconds, from 100. */
  readonly silentFor: number;
}

/**
 * Alerts when delivery is in trouble: the server refuses, a run is parked, something was quarantined or dropped, the
 * storage fails, or something has waited too long while nobody had paused the queue.
 */
export interface QueueRule extends AlertRuleOptions {
  /**
   * `lag`: milliseconds that something may wait; what waits since before the rule began to watch, or from a pause, has as
   * much from then on. @default { lag: 60000 } for true
   */
  readonly queueTrouble: true | { readonly lag: number };
}

/** When a run alerts. */
export type AlertRule = ThresholdRule | TrendRule | NotFiniteRule | SilenceRule | QueueRule;

/** Something that a rule was waiting for. */
export interface Alert {
  /** Says which alert it is, the same at each attempt to deliver it. */
  readonly id: string;
  /** The rule's `id`. */
  readonly rule: string;
  /** Our id of the run. */
  readonly run: string;
  readonly runName: string;
  readonly text: string;
  /** When it was so, in milliseconds since 1970, however late it is delivered: the timestamp of the value. */
  readonly at: number;
  readonly metric?: string;
  readonly step?: number;
  readonly value?: number;
}
