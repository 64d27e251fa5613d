import type { Table } from "../table.ts";

/** Experiments, runs and what a run logs. */
export const trackingTables: readonly Table[] = [
  {
    name: "experiments",
    body: `
      experiment_id INTEGER NOT NULL,
      name VARCHAR(256) NOT NULL,
      artifact_location VARCHAR(256),
      lifecycle_stage VARCHAR(32),
      creation_time BIGINT,
      last_update_time BIGINT,
      workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
      CONSTRAINT experiment_pk PRIMARY KEY (experiment_id),
      CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')),
      CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name)
    `,
    indexes: [
      "idx_experiments_workspace ON experiments (workspace)",
      "idx_experiments_workspace_creation_time ON experiments (workspace, creation_time)",
    ],
  },
  {
    name: "experiment_tags",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value TEXT,
      experiment_id INTEGER NOT NULL,
      CONSTRAINT experiment_tag_pk PRIMARY KEY ("key", experiment_id),
      FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)
    `,
  },
  {
    name: "runs",
    body: `
      run_uuid VARCHAR(32) NOT NULL,
      name VARCHAR(250),
      source_type VARCHAR(20),
      source_name VARCHAR(500),
      entry_point_name VARCHAR(50),
      user_id VARCHAR(256),
      status VARCHAR(9),
      start_time BIGINT,
      end_time BIGINT,
      source_version VARCHAR(50),
      lifecycle_stage VARCHAR(20),
      artifact_uri VARCHAR(200),
      experiment_id INTEGER,
      deleted_time BIGINT,
      CONSTRAINT run_pk PRIMARY KEY (run_uuid),
      CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')),
      CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')),
      FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id),
      CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
    `,
  },
  {
    name: "metrics",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value FLOAT NOT NULL,
      timestamp BIGINT NOT NULL,
      run_uuid VARCHAR(32) NOT NULL,
      step BIGINT DEFAULT '0' NOT NULL,
      is_nan BOOLEAN DEFAULT '0' NOT NULL,
      CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan),
      FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid),
      CHECK (is_nan IN (0, 1))
    `,
    indexes: [
      "index_metrics_run_uuid ON metrics (run_uuid)",
      'index_metrics_run_uuid_key_step ON metrics (run_uuid, "key", step)',
    ],
  },
  {
    name: "latest_metrics",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value FLOAT NOT NULL,
      timestamp BIGINT,
      step BIGINT NOT NULL,
      is_nan BOOLEAN NOT NULL,
      run_uuid VARCHAR(32) NOT NULL,
      CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid),
      FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid),
      CHECK (is_nan IN (0, 1))
    `,
    indexes: ["index_latest_metrics_run_uuid ON latest_metrics (run_uuid)"],
  },
  {
    name: "params",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value VARCHAR(8000) NOT NULL,
      run_uuid VARCHAR(32) NOT NULL,
      CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid),
      FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
    `,
    indexes: ["index_params_run_uuid ON params (run_uuid)"],
  },
  {
    name: "tags",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value VARCHAR(8000),
      run_uuid VARCHAR(32) NOT NULL,
      CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid),
      FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
    `,
    indexes: ["index_tags_run_uuid ON tags (run_uuid)"],
  },
];
