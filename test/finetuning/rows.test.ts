import { managerRows } from "./manager-rows.ts";
import { place } from "./place.ts";
import { runRows } from "./run-rows.ts";

managerRows(place);
runRows(place);
