import { assertEquals } from "@std/assert";
import type { XDisplay } from "../../../../qxl/drivers/x11/x_display.ts";
import { XSelections } from "../../../../qxl/drivers/x11/x_selections.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";

const ATOMS: Record<string, number> = {
  CLIPBOARD: 1,
  PRIMARY: 2,
  SECONDARY: 3,
  TARGETS: 4,
  INCR: 5,
};
const PROPERTY = 9;
const settled = () => new Promise((wake) => setTimeout(wake, 0));

/** An X server whose owner of the clipboard does what the test says. */
function server() {
  const heard = new Set<(event: unknown) => void>();
  const conversions: number[] = [];
  let property: { type: number; data: Uint8Array } = { type: 4, data: new Uint8Array(0) };
  const display = {
    root: 1,
    x: {
      AllocID: () => 77,
      CreateWindow() {},
      DeleteProperty() {},
      ConvertSelection: (_window: number, selection: number) => void conversions.push(selection),
      GetProperty: (...all: unknown[]) => (all.at(-1) as (answer: unknown) => void)(property),
    },
    extensions: { fixes: { SelectSelectionInput() {} } },
    atom: (name: string) => Promise.resolve(ATOMS[name] ?? PROPERTY),
    atomName: (atom: number) => Promise.resolve(atom === 6 ? "UTF8_STRING" : "?"),
    ask: (make: (answer: unknown) => void) => new Promise((answer) => make(answer)),
    onEvent: (hear: (event: unknown) => void) => {
      heard.add(hear);
      return () => heard.delete(hear);
    },
  };
  const tell = (event: object) => [...heard].forEach((hear) => hear(event));
  return {
    display: display as unknown as XDisplay,
    conversions,
    owned: (owner: number) =>
      tell({ name: "SelectionNotify", subtype: 0, owner, selection: ATOMS.CLIPBOARD }),
    answers: (type: number, data: Uint8Array) => {
      property = { type, data };
      tell({
        name: "SelectionNotify",
        requestor: 77,
        selection: ATOMS.CLIPBOARD,
        property: PROPERTY,
      });
    },
    piece: (data: Uint8Array) => {
      property = { type: 6, data };
      tell({ name: "PropertyNotify", wid: 77, atom: PROPERTY, state: 0 });
    },
  };
}

Deno.test("an owner that changes without end is asked once more, not once for each change", async () => {
  const clock = new FakeClock(), x = server(), offers: string[][] = [];
  const selections = new XSelections(clock);
  selections.onOffer((_, types) => void offers.push([...types]));
  await selections.attach(x.display);
  for (let i = 0; i < 1000; i++) x.owned(5);
  await settled();
  assertEquals(x.conversions.length, 1);
  clock.advance(5000);
  await settled();
  assertEquals(x.conversions.length, 2);
  x.answers(4, new Uint8Array([6, 0, 0, 0]));
  await settled();
  assertEquals(offers, [[], ["text"]]);
  assertEquals([x.conversions.length, clock.planned], [2, 0]);
});

Deno.test("an owner that went while it was asked has nothing to offer", async () => {
  const clock = new FakeClock(), x = server(), offers: string[][] = [];
  const selections = new XSelections(clock);
  selections.onOffer((_, types) => void offers.push([...types]));
  await selections.attach(x.display);
  x.owned(5);
  await settled();
  x.owned(0);
  x.answers(4, new Uint8Array([6, 0, 0, 0]));
  await settled();
  assertEquals(offers.at(-1), []);
  assertEquals(x.conversions.length, 1);
});

Deno.test("an owner that gives byte by byte holds up others for half a minute at most", async () => {
  const clock = new FakeClock(), x = server();
  const selections = new XSelections(clock);
  await selections.attach(x.display);
  x.owned(5);
  await settled();
  x.answers(4, new Uint8Array([6, 0, 0, 0]));
  await settled();
  let data: Uint8Array | null | undefined;
  selections.read("clipboard", "text").then((read) => data = read);
  await settled();
  x.answers(ATOMS.INCR, new Uint8Array([9, 0, 0, 0]));
  for (let i = 0; i < 7; i++) {
    await settled();
    assertEquals(data, undefined);
    x.piece(new Uint8Array([65]));
    clock.advance(4900);
  }
  await settled();
  assertEquals([data, clock.planned], [null, 0]);
});
