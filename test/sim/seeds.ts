/** What failed once is kept in seeds.json and replayed for ever. */
import { readFileSync, writeFileSync } from 'node:fs'

export interface Kept {
  seed: number
  path: string
  rule: string
  tape: number[]
}

const file = new URL('seeds.json', import.meta.url)

export const readKept = (): Kept[] => JSON.parse(readFileSync(file, 'utf8')) as Kept[]

export function keep(found: Kept): void {
  writeFileSync(file, `${JSON.stringify([...readKept(), found], null, 1)}\n`)
}
