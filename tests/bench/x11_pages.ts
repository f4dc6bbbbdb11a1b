/** What Chromium shows on the screens of x11_bench.ts: a page that scrolls, and a film. */

const style = "<style>body{margin:40px;font:18px serif}img{float:right}</style>";

/** Text and pictures, 4 s of scrolling by 40 pixels at 20 a second. */
export const reading = style + `<body><script>
let seed = 1;
const random = () => (seed = seed * 16807 % 2147483647) / 2147483647;
const words = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod".split(" ");
for (let i = 0; i < 60; i++) {
  const canvas = document.createElement("canvas");
  canvas.width = 200, canvas.height = 120, canvas.style.float = "right";
  const to = canvas.getContext("2d");
  const shade = to.createLinearGradient(0, 0, 200, 120);
  for (let k = 0; k <= 4; k++) shade.addColorStop(k / 4, "hsl(" + random() * 360 + " 60% 50%)");
  to.fillStyle = shade, to.fillRect(0, 0, 200, 120);
  if (i % 3 === 0) document.body.append(canvas);
  const p = document.createElement("p");
  p.textContent = Array.from({ length: 90 }, () => words[random() * words.length | 0]).join(" ");
  document.body.append(p);
}
let steps = 0;
setTimeout(() => { const timer = setInterval(() => { scrollBy(0, 40); if (++steps === 80) { clearInterval(timer); document.title = "it is over"; } }, 50); }, 5000);
</script>`;

/** 6 s of 640 × 360 at 24 a second: soft shapes that move, and grain; each frame another. */
export const film =
  `<body style="margin:0;background:#345"><canvas width=640 height=360 style="margin:40px"></canvas><script>
const to = document.querySelector("canvas").getContext("2d");
let seed = 1;
const random = () => (seed = seed * 16807 % 2147483647) / 2147483647;
const frames = Array.from({ length: 24 }, (_, f) => {
  const frame = to.createImageData(640, 360), { data } = frame, t = f / 24 * 2 * Math.PI;
  for (let y = 0, i = 0; y < 360; y++) for (let x = 0; x < 640; x++, i += 4) {
    const grain = random() * 10;
    data[i] = 120 + 90 * Math.sin(x / 90 + t) + grain;
    data[i + 1] = 120 + 90 * Math.sin(y / 70 - t) + grain;
    data[i + 2] = 120 + 90 * Math.sin((x + y) / 120 + 2 * t) + grain;
    data[i + 3] = 255;
  }
  return frame;
});
let n = 0;
setTimeout(() => { const timer = setInterval(() => {
  to.putImageData(frames[n % 24], 0, 0);
  to.fillRect(n * 4 % 600, 170, 30, 30);
  if (++n === 144) { clearInterval(timer); document.title = "it is over"; }
}, 1000 / 24); }, 5000);
</script>`;

/** A command that shows it until its title says that it is over; `$FOLDER` is its own. */
export function page(html: string): string {
  const flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync " +
    "--disable-background-networking --disable-component-update --kiosk --window-size=1280,800 " +
    "--window-position=0,0 --password-store=basic --no-default-browser-check";
  const address = `data:text/html;base64,${btoa(html)}`;
  return `chromium ${flags} --user-data-dir="$FOLDER/profile" '${address}' & pid=$!; i=0; ` +
    `while [ $i -lt 240 ] && ! xdotool search --onlyvisible --name 'it is over'; do ` +
    `sleep 0.5; i=$((i+1)); done; kill $pid; wait $pid; sleep 1`;
}
