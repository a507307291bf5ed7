/** What else can be done with a thing, behind three dots. */
import * as Radix from '@radix-ui/react-dropdown-menu'
import { Ellipsis } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'

export interface Choice {
  name: string
  icon?: ReactNode
  danger?: boolean
  disabled?: boolean
  /** an address that is opened */
  href?: string
  pick?: () => void
}

/** `label` says of what it is the menu; not modal, because locking the page would need a style that our content policy forbids. */
export function Menu({ label, choices, trigger }: { label: string; choices: (Choice | false)[]; trigger?: ReactNode }) {
  // inside the page's landmark, or a screen reader that walks by landmarks never meets it
  const [home, setHome] = useState<HTMLElement | null>(null)
  const picked = useRef<() => void>(undefined)
  // when the focus is back at the button: a dialog that was picked gives it back there
  const act = () => {
    const pick = picked.current
    picked.current = undefined
    if (pick) queueMicrotask(pick)
  }
  return (
    <Radix.Root modal={false} onOpenChange={(open) => open && setHome(document.querySelector('main'))}>
      <Radix.Trigger asChild>
        {trigger ?? (
          <button type="button" className="button bare square" aria-label={label}>
            <Ellipsis size={18} aria-hidden="true" />
          </button>
        )}
      </Radix.Trigger>
      <Radix.Portal container={home}>
        <Radix.Content className="menu" align="end" sideOffset={4} collisionPadding={8} aria-label={label} onCloseAutoFocus={act}>
          {choices
            .filter((choice) => choice !== false)
            .map(({ name, icon, danger, disabled, href, pick }) => (
              <Radix.Item
                key={name}
                className={danger ? 'menu-item danger' : 'menu-item'}
                disabled={disabled ?? false}
                onSelect={() => {
                  picked.current = pick
                }}
                asChild={href !== undefined}
              >
                {href === undefined ? (
                  <>
                    {icon}
                    {name}
                  </>
                ) : (
                  <a href={href} download>
                    {icon}
                    {name}
                  </a>
                )}
              </Radix.Item>
            ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
