/** The CRC-32 of joined parts from the CRC-32 of each part, without reading them again. */

const polynomial = 0xedb88320

/** crc32(A then B) from crc32(A), crc32(B) and the length of B: A's remainder is moved on by 8 × length zero bits. */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  if (secondLength === 0) return first
  return (multiply(powerOfX(secondLength, 3), first) ^ second) >>> 0
}

/** a × b modulo the polynomial, in reflected bits: bit 31 is x^0. */
function multiply(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= factor
    factor = factor & 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product >>> 0
}

/** squares[n] is x^(2^n) modulo the polynomial; they repeat after 32. */
const squares: readonly number[] = (() => {
  const list = [0x40000000]
  while (list.length < 32) list.push(multiply(list.at(-1)!, list.at(-1)!))
  return list
})()

/** x^(n × 2^k) modulo the polynomial. */
function powerOfX(n: number, k: number): number {
  let result = 0x80000000
  for (let rest = n, power = k; rest > 0; rest = Math.floor(rest / 2), power++) {
    if (rest % 2 === 1) result = multiply(squares[power & 31]!, result)
  }
  return result
}
