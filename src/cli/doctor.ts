/** keepsake doctor: looks at everything an installation needs, and says how to put right what is wrong. Exit 0 or 1. */
import { parseArgs } from 'node:util'
import { probe } from '../app/bucket.ts'
import { type Config, loadConfig } from '../app/config.ts'
import { jsonLog } from '../app/log.ts'
import { wire } from '../app/wire.ts'
import { systemClock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { trustClock } from '../data/moment.ts'
import { examine, type Finding, failed } from '../features/operations/doctor.ts'
import type { Output } from './output.ts'

export async function doctorCommand(args: string[], out: Output): Promise<number> {
  const { values } = parseArgs({ args, options: { 'trust-clock': { type: 'boolean', default: false } } })
  const findings = await look(values['trust-clock'])
  for (const { check, ok, found, remedy } of findings) {
    out.say(`${ok ? 'ok  ' : 'FAIL'} ${check}: ${found}`)
    if (remedy) out.say(`     → ${remedy}`)
  }
  const ok = findings.every((finding) => finding.ok)
  out.result({ ok, findings })
  return ok ? 0 : 1
}

async function look(trust: boolean): Promise<Finding[]> {
  let config: Config
  try {
    config = loadConfig()
  } catch (error) {
    return [failed('configuration', error)]
  }
  const first: Finding = {
    check: 'configuration',
    ok: true,
    found: `${config.settings.publicUrl}, data in ${config.dataDir}`,
    remedy: null,
  }
  const inBucket = ((await probe(config)) ?? []).map(
    ({ check, ok, found, remedy }): Finding => ({ check: 'bucket', ok, found: `${check}: ${found}`, remedy }),
  )
  try {
    const world = await wire(config, jsonLog({ write: () => {} }, systemClock, 'error'))
    try {
      if (trust) await trustClock(world.deps.db)
      return [first, ...inBucket, ...(await examine(world.deps))]
    } finally {
      await world.close(0)
    }
  } catch (error) {
    return [first, ...inBucket, failed(whatStops(error), error)]
  }
}

/** What did not let it start. */
function whatStops(error: unknown): Finding['check'] {
  const code = error instanceof AppError ? error.code : ''
  if (code.startsWith('storage')) return 'storage'
  return code === 'config_invalid' ? 'configuration' : 'database'
}
