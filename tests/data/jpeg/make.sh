#!/bin/sh -e
# Files of libjpeg-turbo's cjpeg and what its djpeg makes of them. Run here; needs libjpeg-turbo-progs and python3.
python3 - > source.ppm <<'END'
import math, sys
w, h = 43, 37
out = sys.stdout.buffer
out.write(b"P6 %d %d 255\n" % (w, h))
seed = 1
for y in range(h):
    for x in range(w):
        for c in range(3):
            seed = (seed * 1103515245 + 12345) & 0x7fffffff
            wave = 70 * math.sin(x / (3 + c)) + 60 * math.cos(y / (5 - c)) + (seed >> 16) % 24
            edge = 90 if (x // 11 + y // 7) % 2 else 0
            out.write(bytes([max(0, min(255, int(90 + wave + edge)))]))
END
make() {
  name=$1
  shift
  cjpeg "$@" -outfile "$name.jpg" source.ppm
  djpeg -ppm -rgb -outfile "$name.ppm" "$name.jpg"
}
make baseline-420 -quality 80 -sample 2x2
make baseline-422 -quality 90 -sample 2x1 -optimize
make baseline-440 -quality 75 -sample 1x2 -restart 2B
make baseline-444 -quality 100 -sample 1x1 -restart 1
make baseline-411 -quality 60 -sample 4x1
make grey -quality 85 -grayscale
make coarse -quality 5 -sample 2x2
make rgb -quality 85 -rgb
make progressive-420 -quality 80 -sample 2x2 -progressive
make progressive-444 -quality 95 -sample 1x1 -progressive -restart 3B
make progressive-grey -quality 70 -grayscale -progressive
rm source.ppm
