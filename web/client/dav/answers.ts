/// <reference lib="dom" />
/** What a request is answered with. */

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob | null;
  /** The body's length is told, and it is not sent. */
  readonly head?: boolean;
}

/** Ends a request with a status. */
export class Refused extends Error {
  override name = "Refused";
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  206: "Partial Content",
  207: "Multi-Status",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  423: "Locked",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

export const plain = (status: number, headers: Answer["headers"] = {}): Answer => ({
  status,
  headers,
  body: null,
});

export const xml = (status: number, text: string, headers: Answer["headers"] = {}): Answer => ({
  status,
  headers: { "content-type": 'application/xml; charset="utf-8"', ...headers },
  body: new Blob([text]),
});

export const said = (status: number, text: string, headers: Answer["headers"] = {}): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body: new Blob([`${text}\n`]),
});

/** The bytes before an answer's body. */
export function headOf({ status, headers, body }: Answer, keepAlive: boolean): Uint8Array {
  const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}`];
  for (const [name, value] of Object.entries(headers)) {
    lines.push(`${name}: ${value.replace(/[\r\n]+/g, " ")}`);
  }
  if (status !== 204 && status !== 304) lines.push(`content-length: ${body?.size ?? 0}`);
  lines.push(`connection: ${keepAlive ? "keep-alive" : "close"}`);
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}
