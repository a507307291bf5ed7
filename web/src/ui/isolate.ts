/** Names in sentences: what a name holds of directions of writing ends with it. */

// Hebrew, Arabic and their kin, and every mark that turns what follows it
const turning = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/
// those that are not ended by the end of our own mark
const open = /[\u202a-\u202e\u2066-\u2069]/g

/** The same words, whose functions set the names they are given apart (FSI … PDI) where those could turn the sentence around. */
export function isolated<W>(words: W): W {
  if (typeof words === 'function') return ((...given: unknown[]) => words(...given.map(apart))) as W
  if (typeof words !== 'object' || words === null || Array.isArray(words)) return words
  return Object.fromEntries(Object.entries(words).map(([key, word]) => [key, isolated(word)])) as W
}

const apart = (given: unknown): unknown =>
  typeof given === 'string' && turning.test(given) ? `\u2068${given.replace(open, '')}\u2069` : given
