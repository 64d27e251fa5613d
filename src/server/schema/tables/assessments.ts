import type { Table } from "../table.ts";

/** Assessments of traces, issues and scorers. */
export const assessmentsTables: readonly Table[] = [
  {
    name: "assessments",
    body: `
      assessment_id VARCHAR(50) NOT NULL,
      trace_id VARCHAR(50) NOT NULL,
      name VARCHAR(250) NOT NULL,
      assessment_type VARCHAR(20) NOT NULL,
      value TEXT NOT NULL,
      error TEXT,
      created_timestamp BIGINT NOT NULL,
      last_updated_timestamp BIGINT NOT NULL,
      source_type VARCHAR(50) NOT NULL,
      source_id VARCHAR(250),
      run_id VARCHAR(32),
      span_id VARCHAR(50),
      rationale TEXT,
      overrides VARCHAR(50),
      valid BOOLEAN NOT NULL,
      assessment_metadata TEXT,
      experiment_id INTEGER,
      trace_timestamp_ms BIGINT,
      aggregate_value FLOAT,
      is_numeric_value BOOLEAN DEFAULT 0 NOT NULL,
      CONSTRAINT assessments_pk PRIMARY KEY (assessment_id),
      CONSTRAINT fk_assessments_trace_id FOREIGN KEY(trace_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
    `,
    indexes: [
      "index_assessments_assessment_type ON assessments (assessment_type)",
      "index_assessments_trace_id_created_timestamp ON assessments (trace_id, created_timestamp)",
      "index_assessments_last_updated_timestamp ON assessments (last_updated_timestamp)",
      "index_assessments_run_id_created_timestamp ON assessments (run_id, created_timestamp)",
      "idx_assessments_exp_trace_ts ON assessments (experiment_id, trace_timestamp_ms)",
      "idx_assessments_exp_trace_ts_name ON assessments (experiment_id, trace_timestamp_ms, name)",
      "idx_assessments_exp_name_valid ON assessments (experiment_id, name, valid)",
    ],
  },
  {
    name: "issues",
    body: `
      issue_id VARCHAR(36) NOT NULL,
      experiment_id INTEGER NOT NULL,
      name VARCHAR(250) NOT NULL,
      description TEXT NOT NULL,
      status VARCHAR(50) NOT NULL,
      severity VARCHAR(50),
      root_causes TEXT,
      source_run_id VARCHAR(32),
      categories TEXT,
      created_timestamp BIGINT NOT NULL,
      last_updated_timestamp BIGINT NOT NULL,
      created_by VARCHAR(255),
      CONSTRAINT issues_pk PRIMARY KEY (issue_id),
      CONSTRAINT fk_issues_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE,
      CONSTRAINT fk_issues_source_run_id FOREIGN KEY(source_run_id) REFERENCES runs (run_uuid) ON DELETE SET NULL
    `,
    indexes: [
      "index_issues_experiment_id ON issues (experiment_id)",
      "index_issues_source_run_id ON issues (source_run_id)",
      "index_issues_status ON issues (status)",
    ],
  },
  {
    name: "scorers",
    body: `
      experiment_id INTEGER NOT NULL,
      scorer_name VARCHAR(256) NOT NULL,
      scorer_id VARCHAR(36) NOT NULL,
      CONSTRAINT scorer_pk PRIMARY KEY (scorer_id),
      CONSTRAINT fk_scorers_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
    `,
    indexes: ["UNIQUE index_scorers_experiment_id_scorer_name ON scorers (experiment_id, scorer_name)"],
  },
  {
    name: "scorer_versions",
    body: `
      scorer_id VARCHAR(36) NOT NULL,
      scorer_version INTEGER NOT NULL,
      serialized_scorer TEXT NOT NULL,
      creation_time BIGINT,
      CONSTRAINT scorer_version_pk PRIMARY KEY (scorer_id, scorer_version),
      CONSTRAINT fk_scorer_versions_scorer_id FOREIGN KEY(scorer_id) REFERENCES scorers (scorer_id) ON DELETE CASCADE
    `,
    indexes: ["index_scorer_versions_scorer_id ON scorer_versions (scorer_id)"],
  },
  {
    name: "online_scoring_configs",
    body: `
      online_scoring_config_id VARCHAR(36) NOT NULL,
      scorer_id VARCHAR(36) NOT NULL,
      sample_rate FLOAT NOT NULL,
      experiment_id INTEGER NOT NULL,
      filter_string TEXT,
      CONSTRAINT online_scoring_config_pk PRIMARY KEY (online_scoring_config_id),
      CONSTRAINT fk_online_scoring_configs_scorer_id FOREIGN KEY(scorer_id) REFERENCES scorers (scorer_id) ON DELETE CASCADE,
      CONSTRAINT fk_online_scoring_configs_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)
    `,
  },
];
