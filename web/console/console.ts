/// <reference lib="dom" />
import { Viewer } from "../client/viewer.ts";
const viewer = new Viewer(document.getElementById("screen")!, {
  worker: new URL("../client/worker.js", import.meta.url),
  onNews: (news) => console.log(JSON.stringify(news).slice(0, 200)),
});
const url = new URL("spice", location.href);
url.protocol = url.protocol.replace("http", "ws");
Object.assign(globalThis, { viewer });
viewer.open({ url: url.href, password: "", display: 0, head: null, viewOnly: false });
