/** The narrow page in front of the studio, and the fields of its forms. */
import { type ReactNode, useId } from 'react'

export function Door({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <main className="door">
      <p className="brand">Keepsake</p>
      <div className="card stack">
        <div>
          <h1>{title}</h1>
          {text && <p className="door-text">{text}</p>}
        </div>
        {children}
      </div>
    </main>
  )
}

interface FieldProps {
  name: string
  label: string
  type?: string
  hint?: string
  /** what is wrong with it, in place of the hint; the form says so itself (`noValidate`) */
  wrong?: string | undefined
  value?: string
  placeholder?: string
  autoComplete?: string
  minLength?: number
  optional?: boolean
  inputMode?: 'numeric' | 'url'
  min?: string
  maxLength?: number
  list?: string
  spellCheck?: boolean
}

export function Field({ name, label, hint, wrong, value, optional, type = 'text', ...more }: FieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        name={name}
        type={type}
        defaultValue={value}
        required={!optional}
        aria-invalid={wrong === undefined ? undefined : true}
        aria-describedby={(wrong ?? hint) && `${id}-hint`}
        {...more}
      />
      {(wrong ?? hint) && (
        <p id={`${id}-hint`} className={wrong ? 'row-error' : 'meta'}>
          {wrong ?? hint}
        </p>
      )}
    </div>
  )
}

export function Tick({ name, label, on }: { name: string; label: string; on: boolean }) {
  return (
    <label className="check">
      <input type="checkbox" name={name} defaultChecked={on} />
      {label}
    </label>
  )
}

export function Choice({ name, label, value, options }: { name: string; label: string; value: string; options: Record<string, string> }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} name={name} className="input" defaultValue={value}>
        {Object.entries(options).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}
