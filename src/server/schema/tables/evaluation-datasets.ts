import type { Table } from "../table.ts";

/** Evaluation datasets. */
export const evaluationDatasetsTables: readonly Table[] = [
  {
    name: "evaluation_datasets",
    body: `
      dataset_id VARCHAR(36) NOT NULL,
      name VARCHAR(255) NOT NULL,
      schema TEXT,
      profile TEXT,
      digest VARCHAR(64),
      created_time BIGINT,
      last_update_time BIGINT,
      created_by VARCHAR(255),
      last_updated_by VARCHAR(255),
      workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
      CONSTRAINT evaluation_datasets_pk PRIMARY KEY (dataset_id)
    `,
    indexes: [
      "index_evaluation_datasets_created_time ON evaluation_datasets (created_time)",
      "index_evaluation_datasets_name ON evaluation_datasets (name)",
      "idx_evaluation_datasets_workspace ON evaluation_datasets (workspace)",
    ],
  },
  {
    name: "evaluation_dataset_tags",
    body: `
      dataset_id VARCHAR(36) NOT NULL,
      "key" VARCHAR(255) NOT NULL,
      value VARCHAR(5000),
      CONSTRAINT evaluation_dataset_tags_pk PRIMARY KEY (dataset_id, "key"),
      CONSTRAINT fk_evaluation_dataset_tags_dataset_id FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (dataset_id) ON DELETE CASCADE
    `,
    indexes: ["index_evaluation_dataset_tags_dataset_id ON evaluation_dataset_tags (dataset_id)"],
  },
  {
    name: "evaluation_dataset_records",
    body: `
      dataset_record_id VARCHAR(36) NOT NULL,
      dataset_id VARCHAR(36) NOT NULL,
      inputs JSON NOT NULL,
      expectations JSON,
      tags JSON,
      source JSON,
      source_id VARCHAR(36),
      source_type VARCHAR(255),
      created_time BIGINT,
      last_update_time BIGINT,
      created_by VARCHAR(255),
      last_updated_by VARCHAR(255),
      input_hash VARCHAR(64) NOT NULL,
      outputs JSON,
      CONSTRAINT evaluation_dataset_records_pk PRIMARY KEY (dataset_record_id),
      CONSTRAINT fk_evaluation_dataset_records_dataset_id FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (dataset_id) ON DELETE CASCADE,
      CONSTRAINT unique_dataset_input UNIQUE (dataset_id, input_hash)
    `,
    indexes: ["index_evaluation_dataset_records_dataset_id ON evaluation_dataset_records (dataset_id)"],
  },
];
