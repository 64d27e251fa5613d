import type { Table } from "../table.ts";

/** Workspaces and background jobs. */
export const serviceTables: readonly Table[] = [
  {
    name: "workspaces",
    body: `
      name VARCHAR(63) NOT NULL,
      description TEXT,
      default_artifact_root TEXT,
      trace_archival_location TEXT,
      trace_archival_retention VARCHAR(32),
      CONSTRAINT workspaces_pk PRIMARY KEY (name)
    `,
  },
  {
    name: "jobs",
    body: `
      id VARCHAR(36) NOT NULL,
      creation_time BIGINT NOT NULL,
      job_name VARCHAR(500) NOT NULL,
      params TEXT NOT NULL,
      timeout FLOAT,
      status INTEGER NOT NULL,
      result TEXT,
      retry_count INTEGER NOT NULL,
      last_update_time BIGINT NOT NULL,
      workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
      status_details JSON,
      creator VARCHAR(255),
      executor_backend VARCHAR(255),
      lease_expires_at BIGINT,
      status_message TEXT,
      progress JSON,
      progress_updated_at BIGINT,
      token_hash VARCHAR(64),
      scoped_permissions JSON,
      next_attempt_at BIGINT,
      CONSTRAINT jobs_pk PRIMARY KEY (id)
    `,
    indexes: [
      "index_jobs_name_status_creation_time ON jobs (job_name, workspace, status, creation_time)",
      "index_jobs_status_lease_expires_at ON jobs (status, lease_expires_at)",
    ],
  },
  {
    name: "job_locks",
    body: `
      lock_key VARCHAR(255) NOT NULL,
      job_id VARCHAR(36) NOT NULL,
      acquired_at BIGINT NOT NULL,
      CONSTRAINT job_locks_pk PRIMARY KEY (lock_key),
      CONSTRAINT fk_job_locks_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
    `,
    indexes: ["index_job_locks_job_id ON job_locks (job_id)"],
  },
  {
    name: "scheduler_leases",
    body: `
      lease_key VARCHAR(255) NOT NULL,
      acquired_at BIGINT NOT NULL,
      ttl_seconds INTEGER NOT NULL,
      CONSTRAINT scheduler_leases_pk PRIMARY KEY (lease_key)
    `,
  },
];
