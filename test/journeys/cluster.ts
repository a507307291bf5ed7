/** Several machines of one service: each process with a data folder and a port of its own, one PostgreSQL and one bucket for all. */
import type { TestContext } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { freshBucket, type Server } from '../s3/server.ts'
import { freshInstallation, type Installation } from './service.ts'

export interface Cluster {
  database: TestDatabase
  bucket: Awaited<ReturnType<typeof freshBucket>>
  machines: Installation[]
}

/** How the machines reach what they share, when not directly. */
export interface Lines {
  /** ports on this machine */
  postgres?: number
  s3?: number
}

/** `count` machines without any process yet; all is cleared away when the test ends. */
export async function freshCluster(
  t: TestContext,
  server: Pick<Server, 'endpoint'>,
  count: number,
  {
    lines = {},
    more = {},
  }: {
    lines?: Lines | ((database: TestDatabase) => Promise<Lines>)
    /** more of the environment, of all or of the n-th */
    more?: Record<string, string> | ((n: number) => Record<string, string>)
  } = {},
): Promise<Cluster> {
  const bucket = await freshBucket(server)
  const database = await testDatabase()
  const { postgres, s3 } = typeof lines === 'function' ? await lines(database) : lines
  const env = {
    DATABASE_URL: postgres
      ? `postgres://keepsake@127.0.0.1:${postgres}/${databaseIn(database.url)}`
      : database.url.replace('@/', '@localhost/'),
    GALLERY_TOKEN_SECRET: 'k3Jx9vQ2mZ8pL5tR7wY1nB4cD6fG0hSa',
    PUBLIC_URL: 'http://photos.test',
    S3_ENDPOINT: s3 ? `http://127.0.0.1:${s3}` : bucket.endpoint!,
    S3_BUCKET: bucket.bucket,
    S3_ACCESS_KEY_ID: bucket.accessKeyId,
    S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
  }
  const machines: Installation[] = []
  for (let n = 0; n < count; n++) machines.push(await freshInstallation(t, { ...env, ...(typeof more === 'function' ? more(n) : more) }))
  // hooks run in their order: when every process has gone
  t.after(() => database.close())
  return { database, bucket, machines }
}

const databaseIn = (url: string): string => /\/([^/?]+)(?:\?|$)/.exec(url)![1]!

/** Where the test PostgreSQL listens: a socket in a folder. */
export function socketOf(url: string): string {
  const folder = new URL(url.replace('@/', '@localhost/')).searchParams.get('host')
  return `${folder}/.s.PGSQL.5432`
}
