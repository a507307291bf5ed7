/** Copies a text and says so for a moment. */
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useLanguage } from '../ui/language.tsx'

interface CopyProps {
  /** what is copied, or a question whose answer is */
  text: string | (() => Promise<string | undefined>)
  label?: string
  icon?: ReactNode
  bare?: boolean
}

export function CopyButton({ text, label, icon, bare }: CopyProps) {
  const { say } = useLanguage()
  const [done, set] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => set(false), 2000)
    return () => clearTimeout(timer)
  }, [done])
  const copy = async () => {
    const found = typeof text === 'string' ? text : await text()
    if (found === undefined) return
    await copyText(found)
    set(true)
  }
  const name = label ?? say.copy
  return (
    <button type="button" className={bare ? 'button bare square' : 'button'} onClick={copy} title={bare ? name : undefined}>
      {done ? <Check size={17} aria-hidden="true" /> : (icon ?? <Copy size={17} aria-hidden="true" />)}
      <span className={bare ? 'unseen' : undefined} aria-live="polite">
        {done ? say.copied : name}
      </span>
    </button>
  )
}

/** Over plain http on a home network browsers give no clipboard: the old way still works there. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'unseen'
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
