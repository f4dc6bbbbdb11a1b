/** Every operation of the API: what is routed is what is documented. */
import { machineRoutes } from "./machine.ts";
import { operationRoutes } from "./operations.ts";
import { peopleRoutes } from "./people.ts";
import type { Route } from "./route.ts";
import { sessionRoutes } from "./session.ts";

export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...machineRoutes,
  ...peopleRoutes,
  ...operationRoutes,
];
