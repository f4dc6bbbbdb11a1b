/** For those who watch over it: whether it lives, and its numbers. */
import * as v from "valibot";
import { metricsText } from "../../core/metrics.ts";
import type { Route } from "./route.ts";

export const operationRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/healthz",
    summary: "Whether the appliance answers",
    role: "anyone",
    answer: { status: 200, type: "text/plain", schema: v.literal("ok\n"), says: "It does" },
    run: () => new Response("ok\n", { headers: { "content-type": "text/plain; charset=utf-8" } }),
  },
  {
    method: "get",
    path: "/metrics",
    summary: "Numbers for Prometheus",
    role: "viewer",
    answer: { status: 200, type: "text/plain", schema: v.string(), says: "Text format 0.0.4" },
    run: (_, { control, metrics }) =>
      new Response(metricsText([...control.metrics(), ...metrics()]), {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      }),
  },
];
