/** A few ways to look at a list, with how much is behind each. */
import { useLanguage } from './language.tsx'

interface TabsProps {
  label: string
  value: string
  choose: (value: string) => void
  tabs: { value: string; name: string; count?: number }[]
}

export function Tabs({ label, value, choose, tabs }: TabsProps) {
  const { fmt } = useLanguage()
  return (
    <fieldset className="tab-row" aria-label={label}>
      {tabs.map((tab) => (
        <button key={tab.value} type="button" className="tab" aria-pressed={tab.value === value} onClick={() => choose(tab.value)}>
          {tab.name}
          {tab.count !== undefined && <span className="meta">{fmt.number(tab.count)}</span>}
        </button>
      ))}
    </fieldset>
  )
}
