/** One photo on the whole screen, with arrows, keys and a swipe to the next. */
import { ChevronLeft, ChevronRight, FileImage, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Item } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { catalog } from './words.ts'

export function Lightbox({ items, start, close }: { items: Item[]; start: number; close: () => void }) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const own = useRef<HTMLDialogElement>(null)
  const touch = useRef(0)
  const [at, go] = useState(start)
  const item = items[at]!
  const step = (by: number) => go((n) => Math.min(items.length - 1, Math.max(0, n + by)))
  // Only `close` of the dialog itself gives the focus back to the photo, so the page hears of it afterwards.
  useLayoutEffect(() => {
    const dialog = own.current!
    dialog.showModal()
    return () => dialog.close()
  }, [])
  useEffect(() => {
    for (const near of [items[at + 1], items[at - 1]]) if (near?.preview) new Image().src = near.preview
  }, [items, at])
  const press = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -items.length, End: items.length }[event.key]
    if (!by) return
    event.preventDefault()
    step(by)
  }
  return (
    <dialog
      ref={own}
      className="lightbox"
      aria-label={item.name}
      onClose={close}
      onKeyDown={press}
      onPointerDown={(event) => {
        touch.current = event.clientX
      }}
      onPointerUp={(event) => {
        const moved = event.clientX - touch.current
        if (event.pointerType === 'touch' && Math.abs(moved) > 48) step(moved < 0 ? 1 : -1)
      }}
    >
      <Picture key={item.id} item={item} />
      <p className="lightbox-name" aria-live="polite">
        <span>{item.name}</span> <span>{words.of(fmt.number(at + 1), fmt.number(items.length))}</span>
      </p>
      <button type="button" className="lightbox-button before" aria-label={words.previous} disabled={at === 0} onClick={() => step(-1)}>
        <ChevronLeft size={26} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="lightbox-button after"
        aria-label={words.next}
        disabled={at === items.length - 1}
        onClick={() => step(1)}
      >
        <ChevronRight size={26} aria-hidden="true" />
      </button>
      <button type="button" className="lightbox-button out" aria-label={say.close} onClick={() => own.current!.close()}>
        <X size={22} aria-hidden="true" />
      </button>
    </dialog>
  )
}

function Picture({ item }: { item: Item }) {
  const words = catalog[useLanguage().locale]
  const [broken, fail] = useState(false)
  const source = item.preview ?? item.thumbnail
  if (!source || broken)
    return (
      <p className="lightbox-none">
        <FileImage size={30} aria-hidden="true" />
        {item.render_state === 'waiting' ? words.waitingPicture : words.noPicture}
      </p>
    )
  return <img src={source} alt={item.name} draggable={false} onError={() => fail(true)} />
}
