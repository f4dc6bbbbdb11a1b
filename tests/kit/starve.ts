/**
 * A server that has used up its descriptors (run it with a small `ulimit -n`). Prints its ports;
 * at a line on its input it prints how it fared since and gives the descriptors back; at the end
 * of its input it ends.
 */
import { listen } from "../../channels/listen.ts";
import { testCredentials } from "./pki.ts";

const hello = new TextEncoder().encode("hello");
let troubles = 0;
const { credentials, ca } = testCredentials();
const listening = await listen({
  at: [{ host: "127.0.0.1", port: 0 }, { host: "127.0.0.1", port: 0, tls: credentials }],
  onTrouble: () => troubles++,
}, async (duplex, arrival) => {
  arrival.leave();
  const some = new Uint8Array(10);
  try {
    await duplex.write(hello);
    while (await duplex.read(some) !== null);
  } catch { /* it left */ }
  duplex.close();
});
const [plain, tls] = listening.addresses.map((address) => "port" in address ? address.port : 0);

// what the runtime opens at first use must be there before descriptors end
Deno.addSignalListener("SIGUSR2", () => {});
const first = await Deno.connectTls({ hostname: "127.0.0.1", port: tls, caCerts: [ca] });
await first.write(hello);
await first.read(new Uint8Array(5));
first.close();
const line = new Uint8Array(10);
console.log("ready");
await Deno.stdin.read(line);

const held: Deno.FsFile[] = [];
try {
  for (;;) held.push(Deno.openSync("/dev/null"));
} catch { /* none left */ }
console.log(JSON.stringify({ plain, tls }));
await Deno.stdin.read(line);
for (const file of held) file.close();
console.log(JSON.stringify({ troubles }));
await Deno.stdin.read(line);
Deno.exit(0);
