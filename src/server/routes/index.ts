import type { Route } from "../route.ts";
import { artifactRoutes } from "./artifacts.ts";
import { searchRoutes } from "./search.ts";
import { serviceRoutes } from "./service.ts";

/** Everything this server answers. */
export const routes: readonly Route[] = [...artifactRoutes, ...searchRoutes, ...serviceRoutes];
