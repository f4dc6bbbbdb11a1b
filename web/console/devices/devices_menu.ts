/// <reference lib="dom" />
/** What else the guest has beside its screens: text consoles, and what comes from this computer. */
import type { News } from "../../client/orders.ts";
import type { Viewer } from "../../client/viewer.ts";
import { menuOf } from "../menu.ts";
import { find } from "../page.ts";
import { Consoles } from "./consoles.ts";
import { FolderMenu } from "./folder_menu.ts";
import { UsbMenu } from "./usb_menu.ts";

export class DevicesMenu {
  readonly consoles: Consoles;
  readonly folder: FolderMenu;
  readonly usb: UsbMenu;

  constructor(viewer: Viewer) {
    this.consoles = new Consoles(viewer);
    this.folder = new FolderMenu(viewer);
    this.usb = new UsbMenu(viewer);
    const menu = menuOf("devices");
    menu.addEventListener("click", () => menu.hidePopover());
    find("open-consoles").addEventListener("click", () => this.consoles.open = true);
  }

  hear(news: News): void {
    if (news.news !== "ports") return;
    const has = (kind: string) => news.ports.some((one) => one.kind === kind);
    find("devices").hidden = news.ports.length === 0;
    find("open-consoles").hidden = !has("port");
    this.consoles.ports = news.ports;
    this.folder.ports = news.ports;
    this.usb.ports = news.ports;
  }
}
