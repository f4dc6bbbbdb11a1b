import { assertEquals } from "@std/assert";
import { AgentCap, ClipboardType } from "../../../../core/protocol/agent.ts";
import { Capabilities } from "../../../../core/protocol/capabilities.ts";
import { Agent } from "../../../../web/client/agent.ts";
import type { Clip } from "../../../../web/client/orders.ts";
import { agentWords, type Said } from "../../../kit/agent_talk.ts";

const text = new TextDecoder(), bytes = new TextEncoder();

/** A client's agent talk with a guest's agent that has these capabilities beside a clipboard. */
function talk(...caps: number[]) {
  const words = agentWords({ selection: true, grabSerial: false });
  const said: Said[] = [], clips: Clip[] = [];
  const agent = new Agent({
    start: () => {},
    data: (piece) => said.push(...words.read(piece)),
  }, {
    agent: () => {},
    copied: () => {},
    clip: (clip) => clips.push(clip),
    transfer: () => {},
  });
  const tell = (name: Parameters<typeof words.message>[0], body: unknown) =>
    agent.data(words.message(name, body));
  agent.connected(100);
  const clipboard = [AgentCap.clipboardByDemand, AgentCap.clipboardSelection];
  tell("announceCapabilities", {
    request: 0,
    caps: [...Capabilities.of(...clipboard, ...caps).words],
  });
  said.length = 0;
  return { agent, said, clips, tell };
}

for (
  const [name, caps, lines] of [
    ["CRLF", [AgentCap.guestLineendCrlf], "a\r\nb\r\nc"],
    ["LF", [AgentCap.guestLineendLf], "a\nb\nc"],
    ["nothing", [], "a\nb\nc"],
  ] as const
) {
  Deno.test(`text goes to a guest whose agent says ${name} of line ends with its own, and comes with the browser's`, () => {
    const { agent, said, clips, tell } = talk(...caps);
    // as browsers of either system have it, and both at once
    for (const copied of ["a\r\nb\r\nc", "a\nb\nc", "a\r\nb\nc"]) {
      agent.offer({ text: copied });
      tell("clipboardRequest", { selection: "clipboard", type: ClipboardType.utf8Text });
      const [, { data }] = said.at(-1)!;
      assertEquals(text.decode(data), lines);
    }
    const copied = { selection: "clipboard", type: ClipboardType.utf8Text };
    tell("clipboard", { ...copied, data: bytes.encode(lines) });
    assertEquals(clips, [{ text: "a\nb\nc" }]);
  });
}
