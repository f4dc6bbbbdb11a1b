/** JPEG: ours beside the twin, files of libjpeg-turbo recorded, and its cjpeg and djpeg where installed. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Random, randomBytes, seeded } from "../../core/binary/random.ts";
import {
  decodeJpeg,
  decodeJpegAlpha,
  encodeJpeg,
  encodeJpegAlpha,
  type JpegRows,
} from "../../core/codecs/jpeg/mod.ts";
import { decodeLz, encodeLz } from "../../core/codecs/lz/mod.ts";
import { cjpeg, djpeg, whyNoPeer } from "../kit/libjpeg.ts";
import { decodePng, type Picture, psnr } from "../kit/png.ts";
import { decodePpm } from "../kit/ppm.ts";
import { pixelAt, scanOf } from "../oracles/jpeg.ts";

const SIZE_OF_HEADER = 623;
const samplings = ["4:2:0", "4:4:4"] as const;
const folder = new URL("../data/jpeg/", import.meta.url);

/** Noise, extremes, something that a camera could have seen, or areas of one colour. */
function rowsOf(random: Random, width: number, height: number, kind: number): JpegRows {
  const data = randomBytes(random, width * height * 4);
  if (kind === 1) data.forEach((byte, i) => data[i] = byte < 128 ? 0 : 255);
  if (kind === 2) {
    for (let i = 0; i < data.length; i++) {
      const x = (i >> 2) % width, y = Math.floor((i >> 2) / width);
      data[i] = 128 + 70 * Math.sin(x / (3 + (i & 3))) + 40 * Math.cos(y / 4) + (data[i] & 15);
    }
  }
  if (kind === 3) {
    const pixels = new Uint32Array(data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      // beside the colour, what does not count may differ
      const area = (i % width >> 4) + (Math.floor(i / width) >> 4) * 3;
      if (random.below(200) > 0) pixels[i] = pixels[i] & 0xff000000 | area * 0x3a5c71 & 0xffffff;
    }
  }
  return { format: "bit32", width, height, stride: width * 4, topDown: true, data };
}

function pictureOf(rows: JpegRows): Picture {
  const { width, height } = rows;
  const pixels = Uint32Array.from({ length: width * height }, (_, i) => {
    const [b, g, r] = pixelAt(rows, i % width, Math.floor(i / width));
    return r << 16 | g << 8 | b;
  });
  return { width, height, pixels };
}

function decoded(file: Uint8Array, { width, height }: { width: number; height: number }): Picture {
  return {
    width,
    height,
    pixels: new Uint32Array(decodeJpeg(file, { width, height }).data.buffer),
  };
}

async function golden(name: string): Promise<{ rows: JpegRows; picture: Picture }> {
  const file = new URL(`../data/golden/${name}.png`, import.meta.url);
  const picture = await decodePng(Deno.readFileSync(file));
  const { width, height, pixels } = picture;
  const data = new Uint8Array(pixels.buffer);
  return {
    picture,
    rows: { format: "bit32", width, height, stride: width * 4, topDown: true, data },
  };
}

Deno.test("JPEG is encoded as the twin does, byte for byte, in every size and quality", () => {
  const random = seeded(1);
  for (let width = 1; width <= 36; width++) {
    for (let n = 0; n < 16; n++) {
      const rows = rowsOf(random, width, 1 + random.below(36), n % 4);
      const quality = n < 4 ? 100 : 1 + random.below(100);
      const sampling = samplings[n >> 2 & 1];
      const scan = encodeJpeg(rows, quality, { sampling }).subarray(SIZE_OF_HEADER);
      assertEquals(scan, scanOf(rows, quality, sampling), `${width}×${rows.height}, ${quality}`);
    }
  }
});

Deno.test("JPEG takes rows of 16, 24 and 32 bits with any stride, from the top or from below", () => {
  const random = seeded(2);
  for (const [format, bytes] of [["bit16", 2], ["bit24", 3], ["bit32", 4], ["rgba", 4]] as const) {
    for (let n = 0; n < 60; n++) {
      const width = 1 + random.below(70), height = 1 + random.below(40);
      const stride = width * bytes + (n % 3) * random.below(20);
      // not a byte more than the last row has
      const data = randomBytes(random, stride * (height - 1) + width * bytes);
      const rows = { format, width, height, stride, topDown: n % 2 === 0, data };
      const { pixels } = pictureOf(rows);
      const plain: JpegRows = {
        ...{ format: "bit32", width, height, stride: width * 4, topDown: true },
        data: new Uint8Array(pixels.buffer),
      };
      const sampling = samplings[random.below(2)];
      const file = encodeJpeg(rows, 75, { sampling }).slice();
      assertEquals(file, encodeJpeg(plain, 75, { sampling }), `${format} ${width}×${height}`);
    }
  }
});

Deno.test("what JPEG keeps of a picture is near to it, the nearer the higher the quality", () => {
  const random = seeded(3);
  for (let n = 0; n < 200; n++) {
    const rows = rowsOf(random, 1 + random.below(80), 1 + random.below(80), 2);
    const seen = [10, 50, 100].map((quality) =>
      psnr(decoded(encodeJpeg(rows, quality, { sampling: "4:4:4" }), rows), pictureOf(rows))
    );
    assert(seen[0] > 15 && seen[0] < seen[1] && seen[1] < seen[2] && seen[2] > 45, `${seen}`);
  }
});

Deno.test("JPEG rows that are not in their data, and qualities that are none, are refused", () => {
  const rows = rowsOf(seeded(4), 9, 9, 0);
  const wrong: Partial<JpegRows>[] = [
    ...[{ width: 0 }, { height: 0 }, { height: 10 }, { stride: 35 }, { stride: 37 }],
    ...[{ width: 65536, height: 1, stride: 65536 * 4, data: new Uint8Array(65536 * 4) }],
  ];
  for (const part of wrong) assertThrows(() => encodeJpeg({ ...rows, ...part }, 80), RangeError);
  for (const quality of [0, 101, NaN]) assertThrows(() => encodeJpeg(rows, quality), RangeError);
});

for (const { name } of [...Deno.readDirSync(folder)].toSorted((a, b) => a.name < b.name ? -1 : 1)) {
  if (!name.endsWith(".jpg")) continue;
  Deno.test(`JPEG ${name} of cjpeg has the pixels that djpeg gave it`, () => {
    const expected = decodePpm(Deno.readFileSync(new URL(name.replace("jpg", "ppm"), folder)));
    const file = Deno.readFileSync(new URL(name, folder));
    assertEquals(decoded(file, expected), expected);
    // cut off anywhere it is no JPEG file
    for (let length = 0; length < file.length; length++) {
      assertThrows(() => decoded(file.subarray(0, length), expected), RangeError);
    }
  });
}

Deno.test("JPEG files that are malformed, too costly or of another size are refused by name", () => {
  const rows = rowsOf(seeded(5), 20, 20, 2);
  const file = encodeJpeg(rows, 80).slice();
  const segment = (marker: number, ...body: number[]) => [255, marker, 0, body.length + 2, ...body];
  // places in our own header: steps from 20, frame from 158, codes from 177, scan from 609
  const put = (at: number, ...bytes: number[]) => [...file].toSpliced(at, bytes.length, ...bytes);
  const dcOnly = segment(0xda, 1, 1, 0, 0, 0, 0x01);
  const cases: [string, number[] | Uint8Array, string][] = [
    ["no start", put(0, 0), "No JPEG file"],
    ["another size", put(163, 0, 20, 0, 21), "21×20 where 20×20"],
    ["12 bits", put(162, 12), "frame"],
    ["4 components", put(167, 4), "frame"],
    ["sampling 5", put(169, 0x52), "component"],
    ["sampling 3 beside 2", put(172, 0x31), "2 in 3"],
    ["arithmetic", put(159, 0xc9), "marker c9"],
    ["too many codes", put(182, 3, 0, 3), "overflow"],
    ["a scan of other components", put(614, 9), "scan"],
    ["no such codes", put(615, 0x33), "tables"],
    ["a band in a baseline file", put(621, 5), "scan"],
    ["two frames", [...file.subarray(0, 177), ...file.subarray(158)], "two frames"],
    ["no frame", [...file.subarray(0, 158), ...file.subarray(177)], "scan"],
    ["no scan", [...file.subarray(0, 609), 0xff, 0xd9], "without all"],
    [
      "rubbish behind the scan",
      [...file.subarray(0, -2), 1, 2, 3, 4, 5, 0xff, 0xd9],
      "More JPEG data",
    ],
    ["a scan without data", [
      ...put(159, 0xc2).slice(0, 609),
      ...segment(0xda, 1, 1, 0, 0, 0, 1),
    ], "No JPEG Huffman code"],
    [
      "endless refinement",
      [
        ...put(159, 0xc2).slice(0, 609),
        ...Array(101).fill([...segment(0xda, 1, 1, 0, 0, 0, 0x10), 0, 0]).flat(),
      ].flat(),
      "100 JPEG scans",
    ],
    ["a restart too early", [
      ...file.subarray(0, 609),
      ...segment(0xdd, 0, 1),
      ...file.subarray(609),
    ], "JPEG"],
    ["a scan before its time", [...file.subarray(0, 158), ...dcOnly], "scan"],
  ];
  for (const [name, bytes, message] of cases) {
    const said = assertThrows(
      () => decodeJpeg(Uint8Array.from(bytes), { width: 20, height: 20 }),
      RangeError,
      undefined,
      name,
    );
    assert(said.message.includes(message), `${name}: ${said.message}`);
  }
  for (const size of [{ width: 0, height: 1 }, { width: 65535, height: 65535 }]) {
    assertThrows(() => decodeJpeg(file, size), RangeError);
  }
});

Deno.test("JPEG with alpha is the file and the alpha in the rows' own order", () => {
  for (const topDown of [true, false]) {
    const rows = { ...rowsOf(seeded(6), 21, 13, 2), format: "rgba", topDown } as const;
    const made = encodeJpegAlpha(rows, 90, encodeLz);
    assertEquals(made.data.subarray(0, made.jpegSize), encodeJpeg(rows, 90));
    assertEquals(made.data.subarray(made.jpegSize), encodeLz({ ...rows, format: "xxxa" }));
    const seen = decodeJpegAlpha(made, rows, decodeLz);
    const colours = decodeJpeg(encodeJpeg(rows, 90), rows).data;
    for (let y = 0; y < 13; y++) {
      for (let x = 0; x < 21; x++) {
        const at = (y * 21 + x) * 4;
        const row = (topDown ? y : 12 - y) * rows.stride;
        assertEquals(seen.data[at + 3], rows.data[row + x * 4 + 3]);
        assertEquals(seen.data.slice(at, at + 3), colours.slice(at, at + 3));
      }
    }
    const wrong = [{ topDown: !topDown }, { jpegSize: made.data.length + 1 }, { jpegSize: 9 }];
    for (const part of wrong) {
      assertThrows(() => decodeJpegAlpha({ ...made, ...part }, rows, decodeLz), RangeError);
    }
    for (
      const other of [
        { ...rows, width: 20, format: "xxxa" } as const,
        { ...rows, format: "bit32" } as const,
      ]
    ) {
      const data = Uint8Array.of(
        ...made.data.subarray(0, made.jpegSize),
        ...encodeLz(other),
      );
      assertThrows(() => decodeJpegAlpha({ ...made, data }, rows, decodeLz), RangeError);
    }
  }
});

const why = whyNoPeer();
if (why !== null) console.log(`JPEG beside libjpeg-turbo is skipped: ${why}`);
const ignore = why !== null;

Deno.test({ name: "JPEG begins as cjpeg's files, byte for byte, in every quality", ignore }, () => {
  const rows = rowsOf(seeded(7), 11, 12, 2);
  for (let quality = 1; quality <= 100; quality++) {
    for (const sampling of samplings) {
      const ours = encodeJpeg(rows, quality, { sampling }).subarray(0, SIZE_OF_HEADER);
      const theirs = cjpeg(pictureOf(rows), quality, sampling, "-baseline");
      assertEquals(ours, theirs.subarray(0, SIZE_OF_HEADER), `quality ${quality}`);
    }
  }
});

Deno.test({ name: "JPEG has cjpeg's size and PSNR, within 1% and 0.3 dB", ignore }, async () => {
  for (const name of ["browser", "video360", "alltypes"]) {
    const { rows, picture } = await golden(name);
    for (const sampling of samplings) {
      for (const quality of [30, 80, 95]) {
        const ours = encodeJpeg(rows, quality, { sampling }).slice();
        const theirs = cjpeg(picture, quality, sampling);
        const lost = psnr(decoded(theirs, picture), picture) -
          psnr(decoded(ours, picture), picture);
        const where =
          `${name} ${sampling} ${quality}: ${ours.length}, ${theirs.length}, −${lost} dB`;
        assert(ours.length < theirs.length * 1.01 && lost < 0.3, where);
      }
    }
  }
});

Deno.test(
  { name: "JPEG is decoded as djpeg does, ours and cjpeg's, pixel for pixel", ignore },
  () => {
    const random = seeded(8);
    const ways = [
      "",
      "-optimize",
      "-restart 1B",
      "-progressive",
      "-progressive -restart 2B",
      "-rgb",
    ];
    const factors = ["1x1", "2x1", "1x2", "2x2", "4x1", "4x2", "2x2,2x1,1x2", "-grayscale"];
    for (let n = 0; n < 144; n++) {
      const rows = rowsOf(random, 1 + random.below(70), 1 + random.below(70), random.below(3));
      const picture = pictureOf(rows);
      const quality = 1 + random.below(100);
      const [sample, way] = [factors[n % 8], ways[Math.floor(n / 8) % 6]];
      const file = sample === "-grayscale"
        ? cjpeg(picture, quality, "1x1", sample, ...way.replace("-rgb", "").split(" "))
        : cjpeg(picture, quality, sample, ...way.split(" "));
      for (const each of [file, encodeJpeg(rows, quality, { sampling: samplings[n & 1] })]) {
        assertEquals(
          decoded(each, rows),
          djpeg(each),
          `${rows.width}×${rows.height} ${sample} ${way}`,
        );
      }
    }
  },
);
