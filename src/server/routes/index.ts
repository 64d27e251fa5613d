import type { Route } from "../route.ts";
import { serviceRoutes } from "./service.ts";

/** Everything this server answers. */
export const routes: readonly Route[] = [...serviceRoutes];
