/** Keepsake's side of build and verify, in a process of its own: `build|verify <store> <plan> <key> [times]`. */

import { storagePieces } from '../src/features/archives/sealed.ts'
import { compareSegments, expectedSegments } from '../src/zip/check.ts'
import { sealedOf, storeAt } from './plan.ts'
import { watch } from './watch.ts'

const [verb, store, plan, key, times = '1'] = process.argv.slice(2) as [string, string, string, string, string?]
const stop = watch()
const storage = await storeAt(store)
const sealed = sealedOf(plan, Number(times))

if (verb === 'build') {
  // as features/archives/build.ts does: SHA-256 of the whole, the CRC-32 of every entry checked, synced before it has a name
  const { size, sha256 } = await storage.assemble(key, storagePieces(sealed))
  if (size !== sealed.layout.total) throw new Error(`built ${size} bytes in place of ${sealed.layout.total}`)
  stop({ sha256, bytes: size })
} else {
  // as features/archives/verify.ts does: SHA-256 and CRC-32 of every stretch, SHA-256 of the whole
  const expected = expectedSegments(sealed.layout, (i) => sealed.entries[i]!.sha256.toString('hex'))
  const found = await storage.digest(key, expected.cuts)
  const problems = compareSegments(
    expected,
    found,
    sealed.entries.map((e) => e.path),
  )
  if (problems.length) throw new Error(`verification failed: ${JSON.stringify(problems.slice(0, 3))}`)
  stop({ sha256: found.sha256 })
}
