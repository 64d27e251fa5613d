import * as v from "valibot";

/** int64: a JSON number, or text where a server prints protobuf's canonical form. Beyond 2^53 the nearest double. */
export const int64: v.GenericSchema<unknown, number> = v.pipe(
  v.union([v.number(), v.string()]),
  v.transform(Number),
  v.number(),
);

/** double: a JSON number, or the words that stand for what JSON cannot say. */
export const double: v.GenericSchema<unknown, number> = v.pipe(
  v.union([v.number(), v.picklist(["NaN", "Infinity", "-Infinity"])]),
  v.transform(Number),
);
