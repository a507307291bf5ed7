/** keepsake storage setup: what the bucket does by itself (CORS, lifecycle, events). Changes only rules called keepsake-…. */
import { parseArgs } from 'node:util'
import { setUp } from '../app/bucket.ts'
import { loadConfig } from '../app/config.ts'
import { AppError } from '../base/errors.ts'
import { type Output, UsageError } from './output.ts'

const options = { 'dry-run': { type: 'boolean', default: false }, tiering: { type: 'boolean', default: false } } as const
const words = { done: 'done     ', planned: 'would do ', unchanged: 'as it was', refused: 'REFUSED  ', 'left out': 'left out ' }

/** Exit 0; 3 when the store refused a part, which Keepsake can live without. */
export async function storageCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  if (positionals.join(' ') !== 'setup') throw new UsageError('storage setup [--dry-run] [--tiering]')
  const steps = await setUp(loadConfig(), { dryRun: values['dry-run'], tiering: values.tiering })
  if (!steps) throw new AppError('bucket_needed')
  for (const { part, outcome, said } of steps) out.say(`${words[outcome]} ${part}: ${said}`)
  out.result({ dry_run: values['dry-run'], steps })
  return steps.some(({ outcome }) => outcome === 'refused') ? 3 : 0
}
