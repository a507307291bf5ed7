/** How much one's own files take, under the ways between pages; for admins also how much is free. */
import { call, type Usage } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Bar } from '../../ui/Progress.tsx'
import { shellWords } from './words.ts'

export function StorageMeter() {
  const words = useWordsOf(shellWords)
  const { fmt, say } = useLanguage()
  const { data } = useAsk(['usage'], (signal) => call<Usage>('GET', '/api/usage', undefined, signal), { every: () => 60_000 })
  if (!data) return null
  const used = data.originals + data.archives + data.deliveries + data.previews
  const all = data.free === null ? null : used + data.free
  return (
    <div className="storage-meter">
      <span>{words.storage}</span>
      <span>{all === null ? fmt.bytes(used) : say.sizeOf(fmt.bytes(used), fmt.bytes(all))}</span>
      {all !== null && <Bar percent={(used / all) * 100} label={words.storage} />}
    </div>
  )
}
