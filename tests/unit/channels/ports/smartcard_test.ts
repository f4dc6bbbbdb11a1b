import { assertEquals } from "@std/assert";
import { SmartcardService } from "../../../../channels/ports/smartcard.ts";
import { encode } from "../../../../core/binary/codec.ts";
import { Smartcard, vscDevice } from "../../../../core/protocol/smartcard.ts";
import { FakePort } from "../../../kit/fake_port.ts";
import { fakeClient, Talk } from "../../../kit/linked.ts";

Deno.test("a card reader's port waits for who has it, and not for who had it", () => {
  const port = new FakePort("smartcard");
  const open = () => new Talk(Smartcard, new SmartcardService(port), fakeClient());
  const answer = encode(vscDevice.message, {
    type: "apdu",
    readerId: 0,
    data: new Uint8Array(1 << 17),
  });
  const first = open();
  for (let i = 0; i < 3; i++) port.say(answer);
  assertEquals(port.flowing, false);
  first.exchange();
  assertEquals(port.flowing, true);
  for (let i = 0; i < 3; i++) port.say(answer);
  first.conversation.closed();
  const second = open();
  for (let i = 0; i < 3; i++) port.say(answer);
  first.exchange();
  assertEquals(port.flowing, false);
  second.exchange();
  assertEquals(port.flowing, true);
});
