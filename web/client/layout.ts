/** Where a picture lies in the room that it has. */

/** fit: as large as there is room. actual: a pixel of the guest is one of the screen. sharp: whole multiples. */
export type Scaling = "fit" | "actual" | "sharp";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** In CSS pixels. */
export interface Layout extends Size {
  readonly left: number;
  readonly top: number;
  /** Pixels are shown as squares. */
  readonly sharp: boolean;
}

/** ratio: device pixels of a CSS pixel. */
export function place(picture: Size, room: Size, scaling: Scaling, ratio: number): Layout {
  const fit = Math.min(room.width / picture.width, room.height / picture.height);
  const scale = scaling === "fit"
    ? fit
    : scaling === "actual"
    ? 1 / ratio
    : Math.max(1, Math.floor(fit * ratio)) / ratio;
  const width = picture.width * scale, height = picture.height * scale;
  const pixels = scale * ratio;
  // on whole device pixels, or every pixel would be a mixture of two
  const whole = (n: number) => Math.round(n * ratio) / ratio;
  return {
    width,
    height,
    left: whole(Math.max(0, (room.width - width) / 2)),
    top: whole(Math.max(0, (room.height - height) / 2)),
    sharp: Math.abs(pixels - Math.round(pixels)) < 1e-6 && pixels >= 1,
  };
}
