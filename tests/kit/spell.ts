/** Our names as the C side spells them. */

/** "fromCacheLossless" → "from_cache_lossless" */
export const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** "fromCacheLossless" → "FROM_CACHE_LOSSLESS" */
export const shout = (name: string): string => snake(name).toUpperCase();

/** "from_cache_lossless" → "fromCacheLossless" */
export const camel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
