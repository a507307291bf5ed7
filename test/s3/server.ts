/**
 * A real S3 server on loopback (Ceph's RADOS Gateway, by server.sh). `npm test` (test/run.ts) starts one for all files and names
 * it in KEEPSAKE_TEST_S3; a single file run by hand starts its own. Where none can run, KEEPSAKE_TEST_S3 says why.
 * KEEPSAKE_TEST_S3_SUITE chooses another generation of it than trixie's: `KEEPSAKE_TEST_S3_SUITE=sid npm test -- src/ports/storage`.
 */
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Options } from '../../src/ports/storage/s3-client.ts'
import { freePort } from '../port.ts'

const run = promisify(execFile)
const script = path.join(import.meta.dirname, 'server.sh')
const credentials = { accessKeyId: 'testkey', secretAccessKey: 'testsecret' }

/** Generations of servers: Ceph 18 (the one of every run), 20 and 16. */
const suites = ['trixie', 'sid', 'bookworm']

export interface Server {
  endpoint: string
  dir: string
  /** Runs `radosgw-admin` against this server. */
  admin(...args: string[]): Promise<void>
  stop(): Promise<void>
}

/** Why no server can be started here; undefined where one can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get'))
    return 'it is installed from the packages of Debian, which this is not'
  if (process.getuid?.() !== 0) return 'only root can start it'
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' })
  } catch {
    return 'it needs a mount namespace, which is not allowed here'
  }
  return undefined
}

export async function startServer(): Promise<Server> {
  const suite = process.env.KEEPSAKE_TEST_S3_SUITE ?? 'trixie'
  if (!suites.includes(suite)) throw new Error(`KEEPSAKE_TEST_S3_SUITE takes ${suites.join(', ')}`)
  const dir = mkdtempSync('/tmp/keepsake-s3-')
  const port = await freePort()
  // from nothing, its packages come from the mirror first
  await run('bash', [script, 'start', dir, String(port), suite], { timeout: 300_000 })
  return serverIn(dir, `http://127.0.0.1:${port}`)
}

const serverIn = (dir: string, endpoint: string): Server => ({
  endpoint,
  dir,
  admin: async (...args) => void (await run('bash', [script, 'admin', dir, 'radosgw-admin', ...args])),
  async stop() {
    await run('bash', [script, 'stop', dir, '--wipe'])
    rmSync(dir, { recursive: true, force: true })
  },
})

/** How the shared server is handed to the test files. */
export const named = ({ endpoint, dir }: Server): string => `${endpoint} ${dir}`

let shared: Promise<Server> | undefined

/** The server of this run; a string says why there is none. */
export async function testServer(): Promise<Server | string> {
  const given = process.env.KEEPSAKE_TEST_S3
  if (given) {
    const [endpoint, dir] = given.split(' ')
    return endpoint?.startsWith('http') && dir ? serverIn(dir, endpoint) : given
  }
  const reason = obstacle()
  if (reason) return reason
  shared ??= startOwn()
  return shared
}

async function startOwn(): Promise<Server> {
  const server = await startServer()
  process.once('exit', () => {
    // nothing asynchronous happens any more
    execFileSync('bash', [script, 'stop', server.dir, '--wipe'], { stdio: 'ignore' })
    rmSync(server.dir, { recursive: true, force: true })
  })
  return server
}

/** A new, empty bucket there, as our storage is configured for it. */
export async function freshBucket({ endpoint }: Pick<Server, 'endpoint'>): Promise<S3Options> {
  const bucket = `keepsake-${randomBytes(6).toString('hex')}`
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
  } finally {
    client.destroy()
  }
  return { endpoint, region: 'us-east-1', bucket, pathStyle: true, ...credentials }
}

/** The same bucket as its operator sees it. */
export function behind({ endpoint, region, pathStyle, accessKeyId, secretAccessKey }: S3Options): S3Client {
  return new S3Client({ endpoint: endpoint!, region, forcePathStyle: pathStyle, credentials: { accessKeyId, secretAccessKey } })
}
