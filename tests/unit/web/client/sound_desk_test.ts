import { assertEquals } from "@std/assert";
import { RecordChannel } from "../../../../core/protocol/record.ts";
import { Playback } from "../../../../core/protocol/playback.ts";
import type { News } from "../../../../web/client/orders.ts";
import { SoundDesk, type SoundSession } from "../../../../web/client/sound/desk.ts";

Deno.test("a microphone that another client let go of is offered, and linked where the page speaks", async () => {
  const told: News[] = [], linked: string[] = [];
  const desk = new SoundDesk((news) => told.push(news));
  const session: SoundSession = {
    link(channel) {
      linked.push(channel.name);
      return Promise.reject(new Error("the test has no server"));
    },
    base: {} as SoundSession["base"],
  };
  const late = [{ type: RecordChannel.id, id: 0 }];
  // no session stands: what it has comes with `begin`
  desk.more(late);
  desk.begin(session, [{ type: Playback.id, id: 0 }]);
  const { port1, port2 } = new MessageChannel();
  desk.speak(port1);
  assertEquals(linked, []);
  desk.more([{ type: Playback.id, id: 0 }]);
  desk.more(late);
  desk.more(late);
  await Promise.resolve();
  assertEquals(
    told.filter(({ news }) => news === "sound"),
    [false, true].map((record) => ({ news: "sound", playback: true, record })),
  );
  assertEquals(linked, [RecordChannel.name]);
  desk.end();
  desk.speak(null);
  port2.close();
});
