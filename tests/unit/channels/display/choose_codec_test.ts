import { assertEquals } from "@std/assert";
import { Ability } from "../../../../channels/display/ability.ts";
import { chooseCodec } from "../../../../channels/display/choose_codec.ts";
import { graduality } from "../../../../channels/display/graduality.ts";
import { Capabilities, DisplayCap } from "../../../../core/protocol/capabilities.ts";
import type { ImageCompression } from "../../../../core/protocol/display.ts";
import type { Bitmap } from "../../../../core/protocol/image.ts";

const SETTINGS: readonly ImageCompression[] = ["autoGlz", "autoLz", "quic", "glz", "lz", "lz4"];

const picture: Bitmap = {
  type: "bitmap",
  id: 1n,
  flags: 0,
  width: 64,
  height: 64,
  format: "bit32",
  bitmapFlags: 4,
  x: 64,
  y: 64,
  stride: 256,
  palette: null,
  data: new Uint8Array(256 * 64).map((_, i) => i >> 8),
};

Deno.test("a picture that a guest calls larger than it is goes as it is, unlooked at", () => {
  const ability = new Ability(
    Capabilities.of(DisplayCap.lz4Compression, DisplayCap.monitorsConfig),
  );
  let looked = 0;
  const circumstances = {
    graduality: (bitmap: Bitmap) => (looked++, graduality(bitmap)),
    inDictionary: () => true,
    slow: true,
    viewers: 1,
  };
  for (const setting of SETTINGS) {
    const choice = chooseCodec(setting, { jpeg: "always", zlibGlz: "always" })(ability, null);
    assertEquals(choice.codec(picture, circumstances) !== null, true, setting);
    choice.loses(picture, circumstances);
    looked = 0;
    // 4194304² wraps to 0 in 32 bits
    const claimed = { ...picture, width: 1 << 22, height: 1 << 22 };
    assertEquals(choice.codec(claimed, circumstances), null, setting);
    assertEquals(choice.loses(claimed, circumstances), false, setting);
    assertEquals(looked, 0);
  }
});

Deno.test("who look at the same share LZ, where each would have a dictionary of its own", () => {
  const ability = new Ability(Capabilities.of(DisplayCap.monitorsConfig));
  const codecs = (setting: ImageCompression, slow: boolean) =>
    [1, 2, 16].map((viewers) =>
      chooseCodec(setting)(ability, null).codec(picture, {
        graduality: () => 1,
        inDictionary: () => true,
        slow,
        viewers,
      })
    );
  assertEquals(codecs("autoGlz", false), ["glz", "lz", "lz"]);
  // bytes cost more than work there
  assertEquals(codecs("autoGlz", true), ["glz", "glz", "glz"]);
  // who asks for it by name gets it
  assertEquals(codecs("glz", false), ["glz", "glz", "glz"]);
});
