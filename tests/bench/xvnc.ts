/** TigerVNC's Xvnc on a screen of 1280 × 800, with a client of ours that wants nothing lost. */
import { Desk } from "../kit/desk.ts";
import { freePorts } from "../kit/program.ts";
import { startRemote } from "../kit/remote.ts";
import { counting } from "./counting.ts";
import type { Screen } from "./x11_bench.ts";

export async function xvnc(): Promise<Screen & { readonly way: { readonly bytes: number } }> {
  const [port] = freePorts(1);
  const where = ["-rfbport", `${port}`, "-localhost", "-SecurityTypes", "None"];
  const desk = await Desk.of("Xtigervnc", ...where, "-geometry", "1280x800", "-depth", "24");
  const way = counting(port);
  // a server at this address counts as another machine's: its pixels come packed (Tight, without JPEG)
  const remote = await startRemote([{ host: "0.0.0.0", port: way.port }]);
  await remote.sized(1280, 800);
  return {
    port: way.port,
    way,
    env: { DISPLAY: desk.display },
    async [Symbol.asyncDispose]() {
      await remote[Symbol.asyncDispose]();
      way.close();
      await desk[Symbol.asyncDispose]();
    },
  };
}
