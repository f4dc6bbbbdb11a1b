/** The guest and its screens. */
import { encodePng } from "../../core/raster/png.ts";
import type { Control } from "../control.ts";
import { Refusal } from "../refusal.ts";
import * as v from "valibot";
import { type Desk, json, nothing, numberOf, type Route, withBody } from "./route.ts";
import { Display, Guest, Port, Power, Status, Tunnel } from "./schemas.ts";

export const machineRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/api/status",
    summary: "The appliance at a glance",
    role: "viewer",
    answer: { status: 200, schema: Status, says: "The status" },
    run: (_, { control, now, startedMs }) =>
      json(Status, {
        version: control.version,
        uptime: (now() - startedMs) / 1000,
        guest: guestOf(control),
        clients: control.clients().length,
        displays: control.guest.displays.length,
        addresses: [...control.spice.addresses],
      }),
  },
  {
    method: "get",
    path: "/api/guests",
    summary: "The guests; an appliance has one",
    role: "viewer",
    answer: { status: 200, schema: v.array(Guest), says: "The guests" },
    run: (_, { control }) => json(v.array(Guest), [guestOf(control)]),
  },
  {
    method: "get",
    path: "/api/ports",
    summary: "The guest's ports and the listeners for USB devices, and whether somebody has them",
    role: "viewer",
    answer: { status: 200, schema: v.array(Port), says: "The ports" },
    run: (_, { control }) =>
      json(v.array(Port), control.ports().map((facts) => ({ ...facts, from: [...facts.from] }))),
  },
  {
    method: "get",
    path: "/api/tunnels",
    summary: "Tunnels into clients' networks, and who carries them",
    role: "viewer",
    answer: { status: 200, schema: v.array(Tunnel), says: "The tunnels" },
    run: (_, { control }) =>
      json(
        v.array(Tunnel),
        control.tunnels().map((facts) => ({
          ...facts,
          state: facts.client === null ? "idle" as const : "carried" as const,
        })),
      ),
  },
  withBody({
    method: "post",
    path: "/api/guests/:guest/power",
    summary: "Press the guest's power button, or reset it",
    role: "operator",
    body: Power,
    answer: { status: 204, says: "Done, as far as the appliance can tell" },
    refusals: { 404: "There is no such guest", 409: "This guest has no power button here" },
    async run({ params, body: { action }, who, sender }, { control, log }) {
      if (numberOf(params, "guest") !== 0) throw new Refusal(404, "not-found", "There is one: 0");
      const { power } = control.guest;
      if (!power?.controllable) {
        throw new Refusal(409, "no-power", `This guest has no power button that works from here`);
      }
      log.info("console-power", { action, user: who?.user, from: sender.address });
      await (action === "reset" ? power.reset() : power.powerDown());
      return nothing();
    },
  }),
  {
    method: "get",
    path: "/api/displays",
    summary: "The guest's displays and their heads",
    role: "viewer",
    answer: { status: 200, schema: v.array(Display), says: "The displays" },
    run: (_, { control }) =>
      json(
        v.array(Display),
        control.guest.displays.map(({ id, surfaces, monitors }) => {
          const primary = surfaces.get(0);
          return {
            display: id,
            size: primary ? { width: primary.width, height: primary.height } : null,
            heads: monitors.heads.map((head) => ({
              id: head.monitorId,
              x: head.x,
              y: head.y,
              width: head.width,
              height: head.height,
            })),
            screenshot: `displays/${id}/screenshot.png`,
          };
        }),
      ),
  },
  {
    method: "get",
    path: "/api/displays/:display/screenshot.png",
    summary: "What a display shows now",
    role: "viewer",
    answer: { status: 200, type: "image/png", says: "The picture, without the pointer" },
    refusals: { 404: "There is no such display, or it shows nothing" },
    run: async ({ params }, desk) =>
      new Response(await screenshot(numberOf(params, "display"), desk), {
        headers: { "content-type": "image/png" },
      }),
  },
];

function guestOf({ guest, driver, guestEnded }: Control): Guest {
  const hex = guest.uuid?.toHex();
  return {
    id: 0,
    name: guest.name,
    uuid: hex?.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") ?? null,
    driver,
    state: guestEnded ? "ended" : guest.power?.state ?? "running",
    controllable: guest.power?.controllable ?? false,
  };
}

/** A picture is made once for all who ask for it at the same time. */
const underWay = new WeakMap<object, Promise<Uint8Array<ArrayBuffer>>>();

function screenshot(id: number, { control }: Desk): Promise<Uint8Array<ArrayBuffer>> {
  const display = control.guest.displays.find((display) => display.id === id);
  display?.settle();
  const primary = display?.surfaces.get(0);
  if (!display || !primary) {
    throw new Refusal(404, "not-found", `There is no display ${id}, or it shows nothing`);
  }
  let picture = underWay.get(display);
  if (picture === undefined) {
    picture = encodePng(primary).finally(() => underWay.delete(display));
    underWay.set(display, picture);
  }
  return picture;
}
