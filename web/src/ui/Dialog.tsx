/** The native dialog as a card in the middle, or a sheet from below on a phone. */
import { X } from 'lucide-react'
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { useLanguage } from './language.tsx'

interface DialogProps {
  title: string
  close: () => void
  /** a click beside it does not close it: what it says is not said again */
  firm?: boolean
  children: ReactNode
}

export function Dialog({ title, close, firm, children }: DialogProps) {
  const { say } = useLanguage()
  const own = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Before the dialog leaves the page: closing it is what gives the focus back.
  useLayoutEffect(() => {
    const dialog = own.current!
    dialog.showModal()
    // what is to be filled in, not the cross above it
    dialog.querySelector<HTMLElement>('form .input')?.focus()
    return () => dialog.close()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is the backdrop; Escape is the key, the dialog has it
    <dialog
      ref={own}
      className="sheet"
      aria-labelledby={id}
      onClose={close}
      onClick={(event) => !firm && event.target === event.currentTarget && own.current!.close()}
    >
      <div className="sheet-inside">
        <header className="sheet-head">
          <h2 id={id}>{title}</h2>
          <button type="button" className="button bare square" aria-label={say.close} onClick={() => own.current!.close()}>
            <X size={18} aria-hidden="true" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: { title: string; text: string; action: string; busy: boolean; close: () => void; confirm: () => void }) {
  const { say } = useLanguage()
  return (
    <Dialog title={props.title} close={props.close}>
      <p>{props.text}</p>
      <div className="actions end">
        <button type="button" className="button" onClick={props.close}>
          {say.cancel}
        </button>
        <button type="button" className="button danger" disabled={props.busy} onClick={props.confirm}>
          {props.action}
        </button>
      </div>
    </Dialog>
  )
}
