import type { Table } from "../table.ts";

/** Review queues. */
export const reviewsTables: readonly Table[] = [
  {
    name: "label_schemas",
    body: `
      schema_id VARCHAR(36) NOT NULL,
      experiment_id INTEGER NOT NULL,
      name VARCHAR(250) NOT NULL,
      type VARCHAR(16) NOT NULL,
      instruction TEXT,
      enable_comment BOOLEAN DEFAULT '0' NOT NULL,
      input_type VARCHAR(32) NOT NULL,
      input_config TEXT NOT NULL,
      created_by VARCHAR(255),
      created_time BIGINT NOT NULL,
      last_update_time BIGINT NOT NULL,
      is_default BOOLEAN DEFAULT 0 NOT NULL,
      CONSTRAINT label_schemas_pk PRIMARY KEY (schema_id),
      CONSTRAINT fk_label_schemas_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE,
      CONSTRAINT uq_label_schemas_exp_name UNIQUE (experiment_id, name)
    `,
    indexes: ["index_label_schemas_experiment_id ON label_schemas (experiment_id)"],
  },
  {
    name: "review_queues",
    body: `
      queue_id VARCHAR(36) NOT NULL,
      experiment_id INTEGER NOT NULL,
      name VARCHAR(250) NOT NULL,
      queue_type VARCHAR(16) NOT NULL,
      created_by VARCHAR(255),
      creation_time_ms BIGINT NOT NULL,
      last_update_time_ms BIGINT NOT NULL,
      name_key VARCHAR(250) NOT NULL,
      CONSTRAINT review_queues_pk PRIMARY KEY (queue_id),
      CONSTRAINT fk_review_queues_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE,
      CONSTRAINT uq_review_queues_experiment_name_key UNIQUE (experiment_id, name_key)
    `,
    indexes: ["index_review_queues_experiment_id ON review_queues (experiment_id)"],
  },
  {
    name: "review_queue_items",
    body: `
      queue_id VARCHAR(36) NOT NULL,
      item_type VARCHAR(16) NOT NULL,
      item_id VARCHAR(50) NOT NULL,
      status VARCHAR(16) NOT NULL,
      completed_by VARCHAR(250),
      completed_time_ms BIGINT,
      creation_time_ms BIGINT NOT NULL,
      last_update_time_ms BIGINT NOT NULL,
      CONSTRAINT review_queue_items_pk PRIMARY KEY (queue_id, item_id),
      CONSTRAINT fk_review_queue_items_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE
    `,
    indexes: [
      "index_review_queue_items_queue_id_status ON review_queue_items (queue_id, status)",
      "index_review_queue_items_item_id ON review_queue_items (item_id)",
    ],
  },
  {
    name: "review_queue_label_schemas",
    body: `
      queue_id VARCHAR(36) NOT NULL,
      schema_id VARCHAR(36) NOT NULL,
      CONSTRAINT review_queue_label_schemas_pk PRIMARY KEY (queue_id, schema_id),
      CONSTRAINT fk_review_queue_label_schemas_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE
    `,
    indexes: ["index_review_queue_label_schemas_schema_id ON review_queue_label_schemas (schema_id)"],
  },
  {
    name: "review_queue_users",
    body: `
      queue_id VARCHAR(36) NOT NULL,
      user_id VARCHAR(250) NOT NULL,
      CONSTRAINT review_queue_users_pk PRIMARY KEY (queue_id, user_id),
      CONSTRAINT fk_review_queue_users_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE
    `,
    indexes: ["index_review_queue_users_user_id ON review_queue_users (user_id)"],
  },
];
