/** Headers that no foreign word can break out of, the same for every adapter. */
import { AppError } from '../../base/errors.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import type { Letter } from './port.ts'

/** Name and address of EMAIL_FROM; `config_invalid` when it is not exactly one. */
export function parseSender(from: string): { name: string; address: string } {
  const [, name = '', bracketed] = /^([^<>]*)<([^<>]*)>$/.exec(from.trim()) ?? []
  try {
    return { name: oneLine(name.replace(/"/g, '')), address: parseMailbox(bracketed ?? from) }
  } catch (cause) {
    throw new AppError('config_invalid', { setting: 'EMAIL_FROM' }, { cause, final: true })
  }
}

export const safeHeaders = ({ headers = {} }: Letter): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => /^[A-Za-z][A-Za-z0-9-]*$/.test(name))
      .map(([name, value]) => [name, oneLine(value)]),
  )

export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
