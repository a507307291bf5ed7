/** Where random worlds come from. */
import fc from 'fast-check'

export const tapes = fc.array(fc.nat(0xffff), { minLength: 12, maxLength: 64, size: 'max' })
