/** keepsake reconcile: store and database held against each other; exit code 3 when something is missing. */
import { parseArgs } from 'node:util'
import { compareStore } from '../features/operations/compare.ts'
import { bytesText, type Output } from './output.ts'
import { withWorld } from './world.ts'

export async function reconcileCommand(args: string[], out: Output): Promise<number> {
  const { values } = parseArgs({ args, options: { repair: { type: 'boolean', default: false } } })
  return withWorld(async ({ deps }) => {
    const found = await compareStore(deps, values)
    out.result(found)
    out.say(`Objects   ${found.objects}, ${bytesText(found.bytes)}`)
    out.say(`No row    ${found.unknown.count}, ${bytesText(found.unknown.bytes)} (never deleted here)`)
    for (const { key, bytes } of found.unknown.rows) out.say(`          ${key}  ${bytesText(bytes)}`)
    for (const { gallery_slug, kind, name, key } of found.back.rows)
      out.say(`Back      ${gallery_slug}: ${kind} ${JSON.stringify(name)} (${key})`)
    for (const { gallery_slug, kind, name, key, found: left } of found.missing.rows)
      out.note(
        `Missing   ${gallery_slug}: ${kind} ${JSON.stringify(name)} (${key}${left === null ? '' : `: only ${bytesText(left)} are there`})`,
      )
    if (!found.missing.count) out.say('Every row has its bytes.')
    else if (!values.repair) out.note('Nothing was changed: --repair notes what is missing, so that archives say so and uploads heal it.')
    return found.missing.count ? 3 : 0
  })
}
