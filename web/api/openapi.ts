/** The table of the API as a document for programs. Source of truth: OpenAPI 3.1.0. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import type { Answer, Route } from "./route.ts";
import * as schemas from "./schemas.ts";

/** Statuses that every operation with a login can have. */
const COMMON: Readonly<Record<number, string>> = {
  401: "Log in first",
  403: "Not allowed, or the request came from a page of another origin",
};

/** The document. base: the path of the page, with a slash at the end. */
export function openApi(routes: readonly Route[], base: string, version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method] = operation(route);
  }
  const components = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]),
  );
  return {
    openapi: "3.1.0",
    info: {
      title: "spice-appliance",
      version,
      description:
        "Who is connected, what the guest shows, and who may come in. A browser logs in " +
        "by POST /api/session and keeps the cookie; a program shows a token of [web].",
    },
    servers: [{ url: base.replace(/\/$/, "") || "/" }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        login: { type: "apiKey", in: "cookie", name: "spice-<port>" },
      },
    },
  };
}

function operation(route: Route): unknown {
  const { path, summary, role, body, answer, refusals = {} } = route;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const refused = {
    ...role === "anyone" ? {} : COMMON,
    ...body ? { 400: "Malformed" } : {},
    ...refusals,
  };
  return {
    summary,
    description: role === "anyone" ? "Without a login." : `For ${role}s and above.`,
    security: role === "anyone" ? [] : [{ token: [] }, { login: [] }],
    parameters: names.map((name) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "integer", minimum: 0 },
    })),
    ...body
      ? {
        requestBody: { required: true, content: { "application/json": { schema: schema(body) } } },
      }
      : {},
    responses: {
      [answer.status]: answered(answer),
      ...Object.fromEntries(
        Object.entries(refused).map(([status, says]) => [status, {
          description: says,
          content: { "application/json": { schema: schema(schemas.Problem) } },
        }]),
      ),
    },
  };
}

function answered({ status, type = "application/json", schema: shape, says }: Answer): unknown {
  if (status === 204) return { description: says };
  const content = shape ? { schema: schema(shape) } : { schema: { type: "string" } };
  return { description: says, content: { [type]: content } };
}

const names = new Map<GenericSchema, string>(
  Object.entries(schemas).map(([name, schema]) => [schema as GenericSchema, name]),
);

/** A shape by its name where it has one, so that a reader meets it once. */
function schema(shape: GenericSchema): unknown {
  const name = names.get(shape);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  const { type, item } = shape as GenericSchema & { item?: GenericSchema };
  return type === "array" && item ? { type: "array", items: schema(item) } : plain(shape);
}

function plain(shape: GenericSchema): unknown {
  const { $schema: _, ...rest } = toJsonSchema(shape as never, { errorMode: "throw" });
  return rest;
}
