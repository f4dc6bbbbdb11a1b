import type { Bitmap, Image } from "../../core/protocol/image.ts";
import type { Codec } from "./encoder.ts";

/** One bitmap for a worker. Its bytes travel as a place in shared memory, or as a copy. */
export interface EncodeJob {
  readonly n: number;
  readonly codec: Codec;
  /** With which dictionary; it is made where it is new. */
  readonly dictionary?: DictionaryPlan;
  /** Without its data. */
  readonly bitmap: Omit<Bitmap, "data">;
  /** Which of the buffers that were told before, and where in it. */
  readonly shared?: { readonly buffer: number; readonly at: number; readonly length: number };
  readonly copy?: Uint8Array<ArrayBuffer>;
}

/** A GLZ dictionary. */
export interface DictionaryPlan {
  readonly n: number;
  readonly windowPixels: number;
  /** Of its first picture. */
  readonly firstId: number;
  /** This picture is packed once more. */
  readonly deflate: boolean;
}

/** Shared memory as it travels: where WebAssembly may work on it (core/binary/linear.ts), as its memory. */
export type SharedMemory = WebAssembly.Memory | SharedArrayBuffer;

/** What a worker is told. */
export interface EncodeRequest {
  /** Memory that jobs refer to by its place here, told once. */
  readonly buffers: readonly { readonly n: number; readonly memory: SharedMemory }[];
  readonly jobs: readonly EncodeJob[];
  /** Dictionaries that are not needed any more. */
  readonly dropped: readonly number[];
}

/** What it answers, job by job. */
export interface EncodeAnswer {
  readonly n: number;
  readonly image: Image | null;
  /** Why there is none, where that is a fault of ours. */
  readonly fault?: unknown;
}
