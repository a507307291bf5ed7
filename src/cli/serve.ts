/** keepsake serve: runs until it is told to stop. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../app/config.ts'
import { jsonLog } from '../app/log.ts'
import { type Role, serve } from '../app/serve.ts'
import { systemClock } from '../base/clock.ts'
import { type Output, UsageError } from './output.ts'

export async function serveCommand(args: string[], out: Output): Promise<number> {
  const { values } = parseArgs({ args, options: { role: { type: 'string', default: 'all' } } })
  if (!['all', 'web', 'worker'].includes(values.role)) throw new UsageError(`--role is all, web or worker, not ${values.role}`)
  const config = loadConfig()
  const stopping = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.resolve())
  const service = await serve(config, values.role as Role, jsonLog(process.stderr, systemClock, config.logLevel, config.secrets))
  out.result({ address: service.address ?? null, setup: service.setUpUrl ?? null })
  out.say(
    service.address
      ? `Keepsake runs at ${config.settings.publicUrl} (data in ${config.dataDir})`
      : 'Keepsake works (no pages in this role)',
  )
  if (service.setUpUrl) out.say(`Make the first account here: ${service.setUpUrl}`)
  await stopping.promise
  out.say('Keepsake stops: running answers and jobs may end (30 s at most).')
  await service.stop()
  return 0
}
