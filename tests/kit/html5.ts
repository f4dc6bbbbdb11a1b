/** spice-html5, as the distribution installs it. */

const PAGES = "/usr/share/spice-html5";
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css" };

/** Whether spice-html5's pages are there. */
export function html5Installed(): boolean {
  try {
    return Deno.statSync(`${PAGES}/spice_auto.html`).isFile;
  } catch {
    console.log(`not installed: ${PAGES}`);
    return false;
  }
}

/** Its pages at a port of this machine; files: over HTTPS. */
export function servePages(files?: { certFile: string; keyFile: string }) {
  const tls = files && {
    cert: Deno.readTextFileSync(files.certFile),
    key: Deno.readTextFileSync(files.keyFile),
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
    async (request) => {
      const path = new URL(request.url).pathname;
      const type = TYPES[path.split(".").at(-1)!] ?? "application/octet-stream";
      try {
        const body = await Deno.readFile(`${PAGES}${path}`);
        return new Response(body, { headers: { "content-type": type } });
      } catch {
        return new Response(null, { status: 404 });
      }
    },
  );
  const { port } = server.addr as Deno.NetAddr;
  return {
    port,
    url: `http${files ? "s" : ""}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
