/** The world of a command: the same database and storage as the service, alone or beside it. */
import { loadConfig } from '../app/config.ts'
import { jsonLog } from '../app/log.ts'
import { type World, wire } from '../app/wire.ts'
import { systemClock } from '../base/clock.ts'

/** Opens the world, gives it to the command, and closes it whatever happens. Only errors are logged, to stderr. `adopt` as in `wire`. */
export async function withWorld<T>(use: (world: World) => Promise<T>, { adopt = false } = {}): Promise<T> {
  const config = loadConfig()
  const world = await wire(config, jsonLog(process.stderr, systemClock, 'error', config.secrets), { adopt })
  try {
    return await use(world)
  } finally {
    await world.close(30_000)
  }
}
