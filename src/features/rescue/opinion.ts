/** What another program says of a sound or a film that lies here, proven: one that it cannot read at all is not kept. */
import type { Role } from '../../domain/media-check/check.ts'
import { unreadable } from '../../domain/media-check/unreadable.ts'
import type { Deps } from '../../ports/deps.ts'

/**
 * Throws `remote_unreadable` (reason `unplayable`). Covers are not asked about: older ffprobes do not know all pictures that
 * browsers show, and our own previews are drawn of them anyway.
 */
export async function hearSecondOpinion(
  { storage, probe }: Pick<Deps, 'storage' | 'probe'>,
  { key, role, signal }: { key: string; role: Role; signal: AbortSignal },
  size: number,
): Promise<void> {
  if (!probe || role === 'cover') return
  const answer = await probe.reads(await storage.open(key, 0, size), role, signal)
  if (answer === false) throw unreadable('unplayable')
}
