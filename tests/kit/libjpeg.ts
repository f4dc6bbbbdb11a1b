/** libjpeg-turbo's own programs, cjpeg and djpeg. */
import type { Picture } from "./png.ts";
import { decodePpm } from "./ppm.ts";

/** Null when they can be asked, else why not. */
export function whyNoPeer(): string | null {
  try {
    for (const program of ["cjpeg", "djpeg"]) {
      new Deno.Command(program, { args: ["-version"], stdout: "null", stderr: "null" })
        .outputSync();
    }
    return null;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "cjpeg and djpeg are not installed (libjpeg-turbo-progs)";
  }
}

/** sampling: as cjpeg names it, or as everyone does. */
export function cjpeg(
  { width, height, pixels }: Picture,
  quality: number,
  sampling: string,
  ...options: string[]
): Uint8Array {
  const head = new TextEncoder().encode(`P6 ${width} ${height} 255\n`);
  const ppm = new Uint8Array(head.length + pixels.length * 3);
  ppm.set(head);
  for (let i = 0, at = head.length; i < pixels.length; i++) {
    ppm[at++] = pixels[i] >> 16;
    ppm[at++] = pixels[i] >> 8;
    ppm[at++] = pixels[i];
  }
  const sample = sampling.replace("4:2:0", "2x2").replace("4:4:4", "1x1");
  const args = ["-quality", `${quality}`, "-sample", sample, ...options.filter((word) => word)];
  return run("cjpeg", args, ppm);
}

/** Decodes with all that libjpeg does for a good picture. */
export function djpeg(file: Uint8Array): Picture {
  return decodePpm(run("djpeg", ["-ppm", "-rgb"], file));
}

function run(program: string, args: string[], input: Uint8Array): Uint8Array {
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeFileSync(file, input);
    const { success, stdout, stderr } = new Deno.Command(program, { args: [...args, file] })
      .outputSync();
    const said = new TextDecoder().decode(stderr).replace(/^Caution: quant.*\n/, "");
    if (!success || said !== "") throw new Error(`${program} ${args.join(" ")}: ${said}`);
    return stdout;
  } finally {
    Deno.removeSync(file);
  }
}
