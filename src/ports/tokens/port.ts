/**
 * Tokens: reads the signed tokens (JWT) of somebody else's sign-in.
 *
 * - A token counts when its signature is by a key of the issuer, its `iss` and `aud` are the configured ones and its time is not
 *   over; anything else is null, whatever is wrong with it.
 * - While the issuer's keys cannot be fetched and none of before fits, `unavailable`.
 */
export interface Identity {
  /** as the issuer calls the person */
  subject: string
  /** in lower case; null when the token names none, or one that the issuer says it has not verified */
  email: string | null
}

export interface Tokens {
  read(token: string): Promise<Identity | null>
}
