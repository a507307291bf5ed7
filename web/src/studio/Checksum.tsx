/** A SHA-256 as a line of facts, to be copied. */
import { CopyButton } from './CopyButton.tsx'

export function Checksum({ name, sum }: { name: string; sum: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="sum">
        <code>{sum}</code>
        <CopyButton bare text={sum} />
      </dd>
    </div>
  )
}
