/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The worker that starts ffmpeg and feeds it; it may do nothing else. */
import { dropReading, startProgram } from "../spawn.ts";
import { CoderProcess } from "./coder_process.ts";
import type { CoderNews, CoderOrder } from "./far_coders.ts";

/** Who gives the orders: whoever started this, or at the other end of the port that came from there. */
interface Asker {
  onmessage: ((event: MessageEvent<CoderOrder | { port: MessagePort }>) => void) | null;
  postMessage(news: CoderNews, transfer: Transferable[]): void;
}

function attend(asker: Asker): void {
  const processes = new Map<number, CoderProcess>();
  const say = (news: CoderNews, transfer: Transferable[] = []) => asker.postMessage(news, transfer);
  const begin = (n: number, args: readonly string[]) => {
    try {
      const process = new CoderProcess(startProgram("ffmpeg", args));
      processes.set(n, process);
      process.onFrame = (data) => say({ frame: n, data }, [data.buffer]);
      process.onEnd = (reason, never) => {
        processes.delete(n);
        say({ ended: n, reason, never });
      };
    } catch (error) {
      const { name, message } = error as Error;
      // what is not there, or may not be started, will not come
      const never = name === "NotFound" || name === "NotCapable";
      say({ ended: n, reason: message, never });
    }
  };
  asker.onmessage = ({ data: order }) => {
    if ("port" in order) attend(order.port as Asker);
    else if ("start" in order) begin(order.start, order.args);
    else if ("give" in order) {
      processes.get(order.give)?.give(order.picture, () => say({ taken: order.give }));
    } else {
      processes.get(order.close)?.close();
      processes.delete(order.close);
    }
  };
}

dropReading();
attend(self as unknown as Asker);
