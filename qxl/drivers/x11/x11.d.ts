/** What is used of the npm package `x11`, which comes without types. Callbacks come back with true when they took care of an error. */

type Answer<T> = (error: Error | null, value: T) => boolean | void;

export interface XEvent {
  readonly name: string;
  readonly type: number;
}

export interface DamageNotify extends XEvent {
  readonly area: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

export interface ScreenChangeNotify extends XEvent {
  readonly width: number;
  readonly height: number;
}

export interface XkbStateNotify extends XEvent {
  readonly lockedMods: number;
}

/** Of XFIXES: another owner. The core's event of the same name has no `subtype`. */
export interface OwnerNotify extends XEvent {
  readonly subtype?: number;
  readonly owner: number;
  readonly selection: number;
  readonly selectionTimestamp: number;
}

export interface SelectionNotify extends XEvent {
  readonly subtype?: undefined;
  readonly requestor: number;
  readonly selection: number;
  readonly target: number;
  /** 0: it was refused. */
  readonly property: number;
}

export interface SelectionRequest extends XEvent {
  readonly time: number;
  readonly owner: number;
  readonly requestor: number;
  readonly selection: number;
  readonly target: number;
  readonly property: number;
}

export interface PropertyNotify extends XEvent {
  readonly wid: number;
  readonly atom: number;
  /** 0: it has a new value. 1: it was deleted. */
  readonly state: number;
}

export interface Property {
  readonly type: number;
  readonly format: number;
  readonly bytesAfter: number;
  readonly data: Uint8Array;
}

export interface CursorImage {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly xhot: number;
  readonly yhot: number;
  /** width × height words of a, r, g, b, premultiplied, lowest byte first. */
  readonly cursorImage: Uint8Array;
}

export interface Damage {
  Create(damage: number, drawable: number, level: number): void;
  Subtract(damage: number, repair: number, parts: number): void;
}

export interface Fixes {
  SelectCursorInput(window: number, mask: number): void;
  SelectSelectionInput(window: number, selection: number, mask: number): void;
  GetCursorImage(answer: Answer<CursorImage>): void;
  HideCursor(window: number): void;
}

export interface Xtest {
  FakeInput(type: number, detail: number, time: number, root: number, x: number, y: number): void;
}

export interface Xkb {
  UseExtension(major: number, minor: number, answer: Answer<unknown>): void;
  GetState(device: number, answer: Answer<{ readonly lockedMods: number }>): void;
  SelectEvents(
    device: number,
    which: number,
    clear: number,
    selectAll: number,
    affectMap: number,
    map: number,
    details?: { stateNotify: [number, number] },
  ): void;
}

export interface ModeInfo {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

export interface Randr {
  readonly majorOpcode: number;
  SelectInput(window: number, mask: number): void;
  GetScreenResourcesCurrent(
    window: number,
    answer: Answer<{ crtcs: number[]; outputs: number[]; modeinfos: ModeInfo[] }>,
  ): void;
  GetScreenSizeRange(
    window: number,
    answer: Answer<{ minWidth: number; minHeight: number; maxWidth: number; maxHeight: number }>,
  ): void;
  GetOutputInfo(
    output: number,
    time: number,
    answer: Answer<{ connection: number; crtc: number; crtcs: number[]; modes: number[] }>,
  ): void;
  GetCrtcInfo(
    crtc: number,
    time: number,
    answer: Answer<
      { x: number; y: number; width: number; height: number; mode: number; rotation: number }
    >,
  ): void;
  CreateMode(window: number, mode: Record<string, number | string>, answer: Answer<number>): void;
  AddOutputMode(output: number, mode: number): void;
  DeleteOutputMode(output: number, mode: number): void;
  DestroyMode(mode: number): void;
  SetScreenSize(
    window: number,
    width: number,
    height: number,
    widthMm: number,
    heightMm: number,
  ): void;
  SetCrtcConfig(
    crtc: number,
    time: number,
    configTime: number,
    x: number,
    y: number,
    mode: number,
    rotation: number,
    outputs: readonly number[],
    answer: Answer<{ readonly status: number }>,
  ): void;
}

export interface Extensions {
  damage: Damage;
  fixes: Fixes;
  xtest: Xtest;
  xkb: Xkb;
  randr: Randr;
}

export interface XClient {
  /** Of the request that was made last. */
  seq_num: number;
  /** What is made of the bytes of a reply, behind its first eight, and who gets it. */
  // deno-lint-ignore no-explicit-any
  readonly replies: Record<number, [(reply: Uint8Array) => any, Answer<any>]>;
  /** put takes a Buffer only; answered: somebody waits for the reply. */
  readonly pack_stream: {
    put(request: Uint8Array): void;
    submit(answered?: boolean): void;
    flush(): void;
  };
  /** What it was given as its connection. */
  readonly stream: { readonly writableNeedDrain: boolean };
  /** Atoms that need not be asked for, by name. */
  atoms: Record<string, number>;
  on(event: "event", listener: (event: XEvent) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
  require<N extends keyof Extensions>(name: N, answer: Answer<Extensions[N]>): void;
  AllocID(): number;
  sync(): Promise<void>;
  terminate(): void;
  InternAtom(onlyIfExists: boolean, name: string, answer: Answer<number>): void;
  GetAtomName(atom: number, answer: Answer<string>): void;
  CreateWindow(
    id: number,
    parent: number,
    x: number,
    y: number,
    width: number,
    height: number,
    borderWidth: number,
    depth: number,
    kind: number,
    visual: number,
    values: { readonly eventMask?: number },
  ): void;
  ChangeWindowAttributes(window: number, values: { readonly eventMask: number }): void;
  GetImage(
    format: number,
    drawable: number,
    x: number,
    y: number,
    width: number,
    height: number,
    planes: number,
    answer: Answer<{ readonly depth: number; readonly data: Uint8Array }>,
  ): void;
  QueryPointer(
    window: number,
    answer: Answer<{ readonly rootX: number; readonly rootY: number }>,
  ): void;
  SetSelectionOwner(window: number, selection: number, time: number): void;
  GetSelectionOwner(selection: number, answer: Answer<number>): void;
  ConvertSelection(
    requestor: number,
    selection: number,
    target: number,
    property: number,
    time: number,
  ): void;
  ChangeProperty(
    mode: number,
    window: number,
    property: number,
    type: number,
    format: number,
    data: Uint8Array,
  ): void;
  DeleteProperty(window: number, property: number): void;
  GetProperty(
    remove: number,
    window: number,
    property: number,
    type: number,
    offset: number,
    length: number,
    answer: Answer<Property>,
  ): void;
  SendEvent(
    destination: number,
    propagate: number,
    mask: number,
    event: Record<string, unknown>,
  ): void;
}

export interface XScreen {
  readonly root: number;
  readonly pixel_width: number;
  readonly pixel_height: number;
  readonly root_depth: number;
}

export interface XServer {
  readonly client: XClient;
  readonly screen: readonly XScreen[];
  readonly vendor: string;
}

export interface CreateOptions {
  /** Not used where there is a stream; without it the environment would be asked. */
  readonly display: string;
  /** A node:net socket that is connected, or about to be. */
  readonly stream: unknown;
  /** What opens the door: `MIT-MAGIC-COOKIE-1` and its 16 bytes as latin1. */
  readonly auth?: { readonly name: string; readonly data: string };
}

declare const x11: {
  createClient(
    options: CreateOptions,
    answer: (error: Error | null, server: XServer) => void,
  ): void;
};
export default x11;
