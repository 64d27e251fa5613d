import type { Table } from "../table.ts";

/** Daily figures that MLflow keeps of traces and assessments. */
export const rollupsTables: readonly Table[] = [
  {
    name: "sql_assessment_daily_rollups",
    body: `
      id INTEGER NOT NULL,
      experiment_id INTEGER NOT NULL,
      rollup_day DATE NOT NULL,
      metric_name VARCHAR(250) NOT NULL,
      grouping_set VARCHAR(50) NOT NULL,
      sample_count BIGINT NOT NULL,
      sum_value FLOAT,
      min_value FLOAT,
      max_value FLOAT,
      CONSTRAINT sql_assessment_daily_rollups_pk PRIMARY KEY (id)
    `,
    indexes: [
      "idx_assessment_rollups_lookup ON sql_assessment_daily_rollups (experiment_id, rollup_day, metric_name, grouping_set)",
    ],
  },
  {
    name: "sql_span_cost_daily_rollups",
    body: `
      id INTEGER NOT NULL,
      experiment_id INTEGER NOT NULL,
      rollup_day DATE NOT NULL,
      metric_name VARCHAR(250) NOT NULL,
      grouping_set VARCHAR(50) NOT NULL,
      model_name VARCHAR(500),
      model_provider VARCHAR(500),
      sample_count BIGINT NOT NULL,
      sum_value FLOAT,
      min_value FLOAT,
      max_value FLOAT,
      CONSTRAINT sql_span_cost_daily_rollups_pk PRIMARY KEY (id)
    `,
    indexes: [
      "idx_span_cost_rollups_lookup ON sql_span_cost_daily_rollups (experiment_id, rollup_day, metric_name, grouping_set, model_name, model_provider)",
    ],
  },
  {
    name: "sql_trace_metric_daily_rollups",
    body: `
      id INTEGER NOT NULL,
      experiment_id INTEGER NOT NULL,
      rollup_day DATE NOT NULL,
      metric_name VARCHAR(250) NOT NULL,
      grouping_set VARCHAR(50) NOT NULL,
      trace_status VARCHAR(50),
      sample_count BIGINT NOT NULL,
      sum_value FLOAT,
      min_value FLOAT,
      max_value FLOAT,
      p50_value FLOAT,
      p90_value FLOAT,
      p99_value FLOAT,
      CONSTRAINT sql_trace_metric_daily_rollups_pk PRIMARY KEY (id)
    `,
    indexes: [
      "idx_trace_rollups_lookup ON sql_trace_metric_daily_rollups (experiment_id, rollup_day, metric_name, grouping_set, trace_status)",
    ],
  },
  {
    name: "sql_trace_rollup_rebuild_queue",
    body: `
      experiment_id INTEGER NOT NULL,
      rollup_day DATE NOT NULL,
      rollup_family VARCHAR(50) NOT NULL,
      CONSTRAINT sql_trace_rollup_rebuild_queue_pk PRIMARY KEY (experiment_id, rollup_day, rollup_family)
    `,
  },
];
