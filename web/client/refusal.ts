/** A server's no to a channel, in words for the person: what happened, and what to do. Source of the codes: spice.proto, LinkError. */
import { LinkRefused } from "../../core/link/handshake.ts";
import type { LinkError } from "../../core/protocol/base.ts";

/** What trying again would not mend. */
const LASTING: ReadonlySet<LinkError> = new Set([
  "needSecured",
  "needUnsecured",
  "versionMismatch",
  "invalidMagic",
  "invalidData",
]);

export const isLasting = ({ code }: LinkRefused): boolean => LASTING.has(code);

/** The same refusal, of this channel ("main", "display"), as a person is told of it. */
export function refusal({ code }: LinkRefused, channel: string): LinkRefused {
  return new LinkRefused(code, wordsFor(code, channel));
}

function wordsFor(code: LinkError, channel: string): string {
  switch (code) {
    case "permissionDenied":
      return "The server wants another password";
    case "needSecured":
      return "The server takes only connections inside TLS (https, wss)";
    case "needUnsecured":
      return "The server takes only connections outside TLS (http, ws)";
    case "channelNotAvailable":
      return channel === "main"
        ? "The server is full: it has as many clients as it takes, in all or from one address. There is room when somebody leaves"
        : `The server does not offer its ${channel} channel any more, or somebody else has it`;
    case "badConnectionId":
      return "The server ended this session while it began";
    case "versionMismatch":
      return "The server speaks another version of SPICE than this page: load the page again, and if that does not help, ask whoever runs the server";
    case "invalidMagic":
    case "invalidData":
      return "The server does not understand this page: load the page again, and if that does not help, ask whoever runs the server";
    default:
      return `The server could not open the ${channel} channel: its log says why`;
  }
}
