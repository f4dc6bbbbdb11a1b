/** A request that is not granted. It is told in JSON, as `Problem` in `api/schemas.ts`. */
export class Refusal extends Error {
  override name = "Refusal";
  /** code: a word for programs. message: a sentence for people. */
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 421 | 426 | 429 | 503,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
