/** What is inside the program, by path, in base64. Filled when it is made: see bundle.ts. */
export const files: Readonly<Record<string, string>> = {};
