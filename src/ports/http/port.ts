/**
 * Http: the one way to an address that somebody gave us. Nothing of this house is reachable by it.
 *
 * - Only http and https, to global unicast addresses, on ports 80, 443 and 8443, without a user name in the URL. Checked are
 *   literal addresses, every address that a name stands for, and the peer of the connection before a byte is sent to it.
 * - Redirects are answers like others, unless `redirects` says how many a GET or HEAD may follow: each is checked the same way, and
 *   none leads from https to http. To another origin none of our headers go along.
 * - Bodies come as they were sent: nothing is asked for in compressed form, and nothing is unpacked.
 * - 5 s to connect, 10 s to the headers, 30 s of silence within a body, and the deadline of the whole.
 * - An answer's body is read inside of `take`; when that has ended the connection ends, read to the end or not.
 */
export interface Http {
  /**
   * Throws `address_refused` for an address that may never be asked. A name that stands for nothing at the moment is none of
   * those: it is looked up again by every `fetch`.
   */
  check(url: string): Promise<void>
  /**
   * Asks, and answers what `take` makes of the answer; any status is one. Throws `address_refused`, `remote_unreachable` (facts:
   * `reason`) when no answer came, or its body broke off or fell silent; what `take` threw is passed on.
   */
  fetch<T>(request: HttpRequest, take: (answer: HttpAnswer) => Promise<T>): Promise<T>
}

export interface HttpRequest {
  url: string
  method?: 'GET' | 'HEAD' | 'POST'
  /** names in small letters */
  headers?: Record<string, string>
  body?: Buffer
  /** redirects that may be followed; 0 if not given */
  redirects?: number
  /** for all of it, the body included, milliseconds */
  deadlineMs: number
  /** longest body, bytes; the byte after it is `remote_too_large` */
  maxBytes: number
  signal?: AbortSignal
}

export interface HttpAnswer {
  status: number
  /** names in small letters; of several with one name the values are joined by a comma */
  headers: Record<string, string>
  /** where it came from, redirects followed */
  url: string
  /** may be read once; ends short of what was announced with `remote_unreachable`, after `maxBytes` with `remote_too_large` */
  body: AsyncIterable<Buffer>
}
