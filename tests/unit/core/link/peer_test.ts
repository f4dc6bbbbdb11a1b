import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { ProtocolError, WireError } from "../../../../core/binary/error.ts";
import { Outbox } from "../../../../core/link/outbox.ts";
import { Peer } from "../../../../core/link/peer.ts";
import { Inputs } from "../../../../core/protocol/inputs.ts";
import { Main } from "../../../../core/protocol/main.ts";

const server = (mini: boolean, limitBytes?: number) =>
  new Peer({ incoming: Inputs.client, outgoing: Inputs.server, mini, limitBytes });

/** Answers that note their name and body. */
function notes(names: Iterable<string>, into: [string, unknown][]) {
  const answers: Record<string, (body: unknown) => void> = {};
  for (const name of names) answers[name] = (body) => into.push([name, structuredClone(body)]);
  return answers as never;
}

Deno.test("peer and its mirror understand each other, with both kinds of header", () => {
  for (const mini of [true, false]) {
    const ours = server(mini);
    const theirs = new Peer({ incoming: Inputs.server, outgoing: Inputs.client, mini });
    const heard: [string, unknown][] = [];
    ours.answer(notes(Object.keys(Inputs.client.byName), heard));
    theirs.answer(notes(Object.keys(Inputs.server.byName), heard));
    theirs.send.keyDown({ code: 0x1e });
    theirs.send.mousePosition({ x: 3, y: 4, buttonsState: 1, displayId: 2 });
    theirs.send.ack();
    ours.receive(theirs.outbox.take()!);
    ours.send.mouseMotionAck();
    ours.send.ping({ id: 1, timestamp: 2n, data: Uint8Array.of(1, 2, 3) });
    theirs.receive(ours.outbox.take()!);
    assertEquals(heard, [
      ["keyDown", { code: 0x1e }],
      ["mousePosition", { x: 3, y: 4, buttonsState: 1, displayId: 2 }],
      ["ack", {}],
      ["mouseMotionAck", {}],
      ["ping", { id: 1, timestamp: 2n, data: Uint8Array.of(1, 2, 3) }],
    ]);
    assertEquals([ours.serial, theirs.serial], [2n, 3n]);
    assertEquals(ours.received.messages, 3);
  }
});

Deno.test("peer writes mini headers of 6 bytes and full ones of 18 with a serial from 1", () => {
  const small = server(true);
  small.send.keyModifiers({ modifiers: 5 });
  assertEquals([...small.outbox.take()!], [102, 0, 2, 0, 0, 0, 5, 0]);
  const large = server(false);
  large.send.mouseMotionAck();
  large.send.keyModifiers({ modifiers: 5 });
  // deno-fmt-ignore
  assertEquals([...large.outbox.take()!], [
    1, 0, 0, 0, 0, 0, 0, 0, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    2, 0, 0, 0, 0, 0, 0, 0, 102, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0,
  ]);
});

Deno.test("peer refuses a message that the channel does not have", () => {
  const peer = server(true);
  peer.answer(notes(Object.keys(Inputs.client.byName), []));
  assertThrows(
    () => peer.receive(Uint8Array.of(99, 0, 0, 0, 0, 0)),
    ProtocolError,
    "message 99 is not one of this channel's",
  );
});

Deno.test("peer names the message and the field that is too short", () => {
  const peer = server(true);
  peer.answer(notes(Object.keys(Inputs.client.byName), []));
  const error = assertThrows(() => peer.receive(Uint8Array.of(101, 0, 2, 0, 0, 0, 1, 2)));
  assertInstanceOf(error, WireError);
  assertEquals(error.path, "keyDown.code");
});

Deno.test("peer leaves no trace of a message that cannot be written", () => {
  const peer = server(true);
  peer.send.mouseMotionAck();
  assertThrows(() => peer.send.disconnecting({ timeStamp: 0n, reason: "bored" as never }));
  assertEquals(peer.serial, 1n);
  assertEquals([...peer.outbox.take()!], [111, 0, 0, 0, 0, 0]);
});

Deno.test("peer answers nothing more of a chunk once an answer closed the channel", () => {
  const ours = server(true);
  const heard: [string, unknown][] = [];
  ours.answer({
    ...notes(Object.keys(Inputs.client.byName), heard) as object,
    ack: () => ours.outbox.close(),
  } as never);
  const theirs = new Peer({ incoming: Inputs.server, outgoing: Inputs.client, mini: true });
  theirs.send.keyDown({ code: 1 });
  theirs.send.ack();
  theirs.send.keyDown({ code: 2 });
  ours.receive(theirs.outbox.take()!);
  assertEquals(heard, [["keyDown", { code: 1 }]]);
});

Deno.test("peer says nothing after its outbox was closed", () => {
  const peer = server(true);
  peer.outbox.close();
  peer.send.mouseMotionAck();
  assertEquals(peer.outbox.waitingBytes, 0);
  assertEquals(peer.serial, 0n);
});

Deno.test("peer writes into an outbox that it shares", () => {
  const outbox = new Outbox();
  const one = new Peer({ incoming: Main.client, outgoing: Main.server, mini: true, outbox });
  const two = new Peer({ incoming: Inputs.client, outgoing: Inputs.server, mini: true, outbox });
  one.send.agentConnected();
  two.send.mouseMotionAck();
  assertEquals(outbox.waitingBytes, 12);
});

Deno.test("peer counts what it sends towards the ack window", () => {
  const peer = server(true);
  peer.acks.sync(peer.acks.restart(20).generation);
  let sent = 0;
  while (peer.acks.open && sent < 10_000) {
    peer.send.mouseMotionAck();
    sent++;
  }
  assertEquals(sent, peer.acks.limits.messages);
});

Deno.test("peer reads no body beyond its limit", () => {
  const peer = server(true, 8);
  peer.answer(notes(Object.keys(Inputs.client.byName), []));
  peer.receive(Uint8Array.of(104, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8));
  assertThrows(() => peer.receive(Uint8Array.of(104, 0, 9, 0, 0, 0)), ProtocolError, "9 bytes");
});
