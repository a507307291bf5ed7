/** One photo as large as the window allows, as its photographer has it: without the watermark. */
import { Download } from 'lucide-react'
import type { Item } from '../../api.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { galleryWords } from './words.ts'

export function LookDialog({ item, close }: { item: Item; close: () => void }) {
  const own = useWordsOf(galleryWords)
  const { fmt } = useLanguage()
  const size = item.width && item.height && `${fmt.number(item.width)} × ${fmt.number(item.height)}`
  return (
    <Dialog title={item.name} close={close}>
      <img className="look" src={item.preview!} alt={item.name} width={item.width ?? undefined} height={item.height ?? undefined} />
      <div className="actions end">
        <span className="meta">{[size, fmt.bytes(item.size)].filter(Boolean).join(' · ')}</span>
        <a className="button" href={`/media/${item.asset_id}/original`} download>
          <Download size={16} aria-hidden="true" />
          {own.original}
        </a>
      </div>
    </Dialog>
  )
}
