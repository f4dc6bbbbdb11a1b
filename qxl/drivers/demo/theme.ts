/** Colours (0x00rrggbb) and measures of the desktop. */
export const color = {
  paper: 0xfbfbfd,
  ink: 0x232a36,
  faint: 0x77808f,
  line: 0xd5d9e1,
  shade: 0xeceff4,
  titleActive: 0x2d3a50,
  titleIdle: 0x68738a,
  titleText: 0xffffff,
  titleTextIdle: 0xd3d8e2,
  accent: 0x2f80c8,
  good: 0x3fae6a,
  close: 0xe2604f,
  minimise: 0xe9b44c,
  panel: 0x18202e,
  panelText: 0xe6eaf2,
  panelButton: 0x2a3547,
  panelActive: 0x3f5878,
} as const;

export const titleHeight = 28;
export const panelHeight = 34;
/** Pixels around a window that its shadow reaches. */
export const shadow = { left: 16, top: 10, right: 16, bottom: 22 } as const;
/** How far each of a window's topmost rows is set in, for round corners. */
export const cornerInsets = [5, 3, 2, 1, 1] as const;
