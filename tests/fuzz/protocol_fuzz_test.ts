/**
 * Damaged messages, a million for each vocabulary: what comes out is a value or a WireError, its size
 * is bounded by the message's, and a value that was read can be written and read again.
 */
import { encode } from "../../core/binary/codec.ts";
import { seeded } from "../../core/binary/random.ts";
import { effort } from "../kit/effort.ts";
import { found, judge, keep } from "../kit/found.ts";
import { mutate } from "../kit/mutate.ts";
import { vocabularies, type Word } from "../kit/vocabularies.ts";
import { messageOf, nameOf, readRecords, type WireRecord } from "../kit/wire_records.ts";

const SEEDS = 12;
const LONGEST = 1 << 13;

for (const [name, words] of vocabularies) {
  Deno.test(`${name} survives damaged messages`, () => fuzz(name, words));
}

const recorded = readRecords(new URL("../data/wire/recorded.bin", import.meta.url));

interface Seed {
  readonly word: Word;
  readonly bytes: Uint8Array;
}

const wordOf = (record: WireRecord): Word => ({
  name: `${record.from}.${messageOf(record).name}`,
  codec: messageOf(record).codec,
});

function fuzz(vocabulary: string, words: readonly Word[]): void {
  const random = seeded(vocabulary.length * 7919);
  const seeds: Seed[] = words.flatMap((word) =>
    Array.from({ length: SEEDS }, () => ({
      word,
      bytes: encode(word.codec, word.codec.sample(random, {})).slice(),
    }))
  );
  for (const record of recorded) {
    if (record.body.length > LONGEST / 2 || !nameOf(record).startsWith(`${vocabulary}.`)) continue;
    seeds.push({ word: wordOf(record), bytes: record.body });
  }
  const into = new Uint8Array(LONGEST);
  // a stack trace costs more than the message it is about
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (let i = 0; i < effort.mutations; i++) {
      const { word, bytes } = seeds[random.below(seeds.length)];
      const n = mutate(random, bytes, seeds[random.below(seeds.length)].bytes, into);
      try {
        judge(word.codec, into, n, i % 8 === 0);
      } catch (error) {
        const kept = keep(vocabulary, word.name, into.subarray(0, n));
        throw new Error(`${vocabulary}, ${word.name}: see ${kept}`, { cause: error });
      }
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

for (const { file, vocabulary, word, bytes } of found()) {
  Deno.test(`${file}, which once hurt ${word} of ${vocabulary}, hurts no more`, () => {
    const { codec } = vocabularies.get(vocabulary)!.find(({ name }) => name === word)!;
    judge(codec, bytes, bytes.length, true);
  });
}
