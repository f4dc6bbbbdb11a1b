/** Why a microphone cannot be used, and what to do. Source of the names: the Media Capture specification, getUserMedia. */

const WORDS: Readonly<Record<string, string>> = {
  NotAllowedError:
    "This browser keeps the microphone from this page: allow it in the page\u2019s settings beside the address, then let the guest listen again",
  SecurityError: "This browser\u2019s settings forbid pages the microphone",
  NotFoundError: "No microphone was found: connect one, then let the guest listen again",
  NotReadableError:
    "The microphone does not answer: another program may have it, or it is switched off. Then let the guest listen again",
  AbortError: "The microphone stopped before it began: let the guest listen again",
  // SPEC: pages that came in the clear have no mediaDevices
  TypeError: "Browsers have a microphone only for pages that came with https, or from this machine",
};

/** error: what getUserMedia was rejected with. */
export function microphoneTrouble(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return WORDS[name] ?? `The microphone cannot be used: ${error}`;
}
