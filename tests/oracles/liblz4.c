/*
 * LZ4 as liblz4 has it, for tests/oracles/c_lz4.ts, which builds and runs this.
 *
 * In, for each job: work u32 ('e' encode a block, 's' encode a stream of blocks, 'd' decode a block),
 * most u32 (d: bytes that may come; s: bytes of a block's source), repeats u32, size u32, bytes.
 * Out, for each job: fewest nanoseconds of CPU of the repeats u64, size u32 (0xffffffff: refused), bytes;
 * those of a stream are each behind its size (u32, network order), as lz4-encoder.c has them.
 */
#include <lz4.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int stream(const char *data, int size, int part, char *out, int most)
{
    LZ4_stream_t *lz4 = LZ4_createStream();
    int to = 0;
    for (int at = 0; at < size; at += part) {
        int bytes = size - at < part ? size - at : part;
        int got = LZ4_compress_fast_continue(lz4, data + at, out + to + 4, bytes, most - to - 4, 1);
        for (int i = 0; i < 4; i++) out[to + i] = got >> (24 - 8 * i);
        to += 4 + got;
    }
    LZ4_freeStream(lz4);
    return to;
}

int main(void)
{
    uint32_t head[4];

    while (fread(head, 4, 4, stdin) == 4) {
        uint32_t work = head[0], part = head[1], repeats = head[2], size = head[3];
        char *data = malloc(size + 1);
        int most = work == 'd' ? part : size + size / 200 + 65536 + (part ? size / part * 32 : 0);
        char *out = malloc(most + 1);
        uint64_t best = ~0ull;
        int got = -1;
        if (size && fread(data, size, 1, stdin) != 1) return 1;
        for (uint32_t i = 0; i < repeats; i++) {
            uint64_t begin = now(), took;
            if (work == 'e') got = LZ4_compress_default(data, out, size, most);
            else if (work == 's') got = stream(data, size, part, out, most);
            else got = LZ4_decompress_safe(data, out, size, most);
            took = now() - begin;
            if (took < best) best = took;
        }
        uint32_t out_size = got < 0 ? 0xffffffff : got;
        fwrite(&best, 8, 1, stdout);
        fwrite(&out_size, 4, 1, stdout);
        if (got > 0) fwrite(out, got, 1, stdout);
        free(data);
        free(out);
    }
    return 0;
}
