/** What the operating system says, in our words. */

import { AppError } from '../../base/errors.ts'

/** The error's code (`ENOENT`), or undefined when it is no system error. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** A full disk is `storage_full`; every other failure of a system call means the store is not usable now. */
export function storageError(error: unknown, facts: Record<string, unknown>): unknown {
  const code = systemCode(error)
  if (code === undefined) return error
  return new AppError(full.has(code) ? 'storage_full' : 'storage_unreachable', { ...facts, reason: code }, { cause: error })
}

/** Runs `work` and speaks of its system errors in our words. */
export async function translated<T>(facts: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storageError(error, facts)
  }
}

/** Undefined instead of a failure with this code. */
export async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (systemCode(error) === code) return undefined
    throw error
  }
}
