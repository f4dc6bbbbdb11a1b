/** Bytes as a person writes them: hexadecimal, and behind `#` what they mean. */
export const annotated = (text: string): Uint8Array =>
  Uint8Array.from(
    text.replace(/#.*$/gm, "").match(/[0-9a-f]{2}/gi) ?? [],
    (pair) => parseInt(pair, 16),
  );
