import { type ScalarTag, stringify } from "yaml";

/** PyYAML reads `1e-7` as a text: it wants a point before the exponent. */
const exponents: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  identify: (value) => typeof value === "number" && /^-?\de/.test(String(value)),
  default: true,
  test: /^-?\d\.0e[-+]\d+$/,
  resolve: Number,
  stringify: ({ value }) => String(value).replace("e", ".0e"),
};

/** A value of JSON as the YAML 1.1 that MLflow's Python client reads and writes, with its keys in order. */
export function yamlText(value: unknown): string {
  return stringify(value, {
    version: "1.1",
    sortMapEntries: true,
    aliasDuplicateObjects: false,
    customTags: (tags) => [exponents, ...tags],
  });
}
