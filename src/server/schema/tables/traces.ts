import type { Table } from "../table.ts";

/** Traces and spans. */
export const tracesTables: readonly Table[] = [
  {
    name: "trace_info",
    body: `
      request_id VARCHAR(50) NOT NULL,
      experiment_id INTEGER NOT NULL,
      timestamp_ms BIGINT NOT NULL,
      execution_time_ms BIGINT,
      status VARCHAR(50) NOT NULL,
      client_request_id VARCHAR(50),
      request_preview VARCHAR(1000),
      response_preview VARCHAR(1000),
      db_payload_generation INTEGER DEFAULT '0' NOT NULL,
      trace_name VARCHAR(4096),
      session_id VARCHAR(250),
      input_tokens BIGINT,
      output_tokens BIGINT,
      total_tokens BIGINT,
      cache_read_input_tokens BIGINT,
      cache_creation_input_tokens BIGINT,
      cache_creation_input_tokens_above_1hr BIGINT,
      input_cost FLOAT,
      output_cost FLOAT,
      total_cost FLOAT,
      CONSTRAINT trace_info_pk PRIMARY KEY (request_id),
      CONSTRAINT fk_trace_info_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
    `,
    indexes: [
      "index_trace_info_experiment_id_timestamp_ms ON trace_info (experiment_id, timestamp_ms)",
      "index_trace_info_timestamp_ms_request_id ON trace_info (timestamp_ms, request_id)",
      "index_trace_info_experiment_id_session_id ON trace_info (experiment_id, session_id)",
    ],
  },
  {
    name: "trace_tags",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value VARCHAR(8000),
      request_id VARCHAR(50) NOT NULL,
      CONSTRAINT trace_tag_pk PRIMARY KEY ("key", request_id),
      CONSTRAINT fk_trace_tags_request_id FOREIGN KEY(request_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
    `,
    indexes: ["index_trace_tags_request_id ON trace_tags (request_id)"],
  },
  {
    name: "trace_request_metadata",
    body: `
      "key" VARCHAR(250) NOT NULL,
      value VARCHAR(8000),
      request_id VARCHAR(50) NOT NULL,
      CONSTRAINT trace_request_metadata_pk PRIMARY KEY ("key", request_id),
      CONSTRAINT fk_trace_request_metadata_request_id FOREIGN KEY(request_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
    `,
    indexes: ["index_trace_request_metadata_request_id ON trace_request_metadata (request_id)"],
  },
  {
    name: "trace_metrics",
    body: `
      request_id VARCHAR(50) NOT NULL,
      "key" VARCHAR(250) NOT NULL,
      value FLOAT,
      CONSTRAINT trace_metrics_pk PRIMARY KEY (request_id, "key"),
      CONSTRAINT fk_trace_metrics_request_id FOREIGN KEY(request_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
    `,
    indexes: ["index_trace_metrics_request_id ON trace_metrics (request_id)"],
  },
  {
    name: "spans",
    body: `
      trace_id VARCHAR(50) NOT NULL,
      experiment_id INTEGER NOT NULL,
      span_id VARCHAR(50) NOT NULL,
      parent_span_id VARCHAR(50),
      name TEXT,
      type VARCHAR(500),
      status VARCHAR(50) NOT NULL,
      start_time_unix_nano BIGINT NOT NULL,
      end_time_unix_nano BIGINT,
      duration_ns BIGINT GENERATED ALWAYS AS (end_time_unix_nano - start_time_unix_nano) STORED,
      content TEXT NOT NULL,
      input_cost FLOAT,
      output_cost FLOAT,
      total_cost FLOAT,
      model_name VARCHAR(500),
      model_provider VARCHAR(500),
      CONSTRAINT spans_pk PRIMARY KEY (trace_id, span_id),
      CONSTRAINT fk_spans_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id),
      CONSTRAINT fk_spans_trace_id FOREIGN KEY(trace_id) REFERENCES trace_info (request_id) ON DELETE CASCADE
    `,
    indexes: [
      "index_spans_experiment_id_duration ON spans (experiment_id, duration_ns)",
      "index_spans_experiment_id_type_status ON spans (experiment_id, type, status)",
      "index_spans_experiment_id_status_type ON spans (experiment_id, status, type)",
      "index_spans_experiment_id_start_time ON spans (experiment_id, start_time_unix_nano)",
      "idx_spans_cost_trace_time_cover ON spans (trace_id, start_time_unix_nano)",
      "idx_spans_cost_exp_time_cover ON spans (experiment_id, start_time_unix_nano)",
    ],
  },
  {
    name: "span_metrics",
    body: `
      trace_id VARCHAR(50) NOT NULL,
      span_id VARCHAR(50) NOT NULL,
      "key" VARCHAR(250) NOT NULL,
      value FLOAT,
      CONSTRAINT span_metrics_pk PRIMARY KEY (trace_id, span_id, "key"),
      CONSTRAINT fk_span_metrics_span FOREIGN KEY(trace_id, span_id) REFERENCES spans (trace_id, span_id) ON DELETE CASCADE
    `,
    indexes: ["index_span_metrics_trace_id_span_id ON span_metrics (trace_id, span_id)"],
  },
];
