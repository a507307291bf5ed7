/**
 * SHA-256 (FIPS 180-4) of bytes as they come. WebCrypto wants the whole file in memory and is missing in pages that came over
 * plain http, as on the own network; this works everywhere.
 */

const primes: number[] = []
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n)
const fraction = (x: number) => ((x - Math.floor(x)) * 2 ** 32) | 0
const constants = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)))
const start = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)))

export interface Sha256 {
  update(bytes: Uint8Array): void
  /** in hex; nothing may be added afterwards */
  hex(): string
}

export function sha256(): Sha256 {
  const state = Int32Array.from(start)
  const words = new Int32Array(64)
  const rest = new Uint8Array(64)
  let length = 0

  function update(bytes: Uint8Array): void {
    let at = 0
    const held = length % 64
    length += bytes.length
    if (held) {
      at = Math.min(64 - held, bytes.length)
      rest.set(bytes.subarray(0, at), held)
      if (held + at < 64) return
      block(rest, 0)
    }
    for (; at + 64 <= bytes.length; at += 64) block(bytes, at)
    rest.set(bytes.subarray(at))
  }

  function block(bytes: Uint8Array, at: number): void {
    for (let i = 0; i < 16; i++, at += 4) words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    for (let i = 16; i < 64; i++) {
      const a = words[i - 15]!
      const b = words[i - 2]!
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3)
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10)
      words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const one = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + words[i]!) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + one) | 0
      d = c
      c = b
      b = a
      a = (one + two) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
    state[4]! += e
    state[5]! += f
    state[6]! += g
    state[7]! += h
  }

  return {
    update,
    hex() {
      const bits = BigInt(length) * 8n
      const padding = new Uint8Array((length % 64 < 56 ? 64 : 128) - (length % 64))
      padding[0] = 0x80
      new DataView(padding.buffer).setBigUint64(padding.length - 8, bits)
      update(padding)
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
}
