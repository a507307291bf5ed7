/** What the tests of this folder stand on: a real server on a port, the real database, a store on disk, two owners. */
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Upload, type UploadOptions } from 'tus-js-client'
import { photoBytes } from '../../../test/pictures.ts'
import { quiet, testDatabase } from '../../../test/postgres.ts'
import { makeServer } from '../../app/server.ts'
import { type Clock, days } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { insertGallery } from '../../data/galleries.ts'
import { freshGallery, type Gallery } from '../../domain/gallery.ts'
import { linkLife } from '../../domain/link.ts'
import type { Settings } from '../../domain/settings.ts'
import { makeGuard } from '../../http/guard.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { safeHttp } from '../../ports/http/safe.ts'
import { sharpImages } from '../../ports/images/sharp.ts'
import { outboxMail } from '../../ports/mail/outbox.ts'
import { providersInTurn } from '../../ports/providers/turns.ts'
import { pgbossQueue } from '../../ports/queue/pgboss.ts'
import { diskStorage } from '../../ports/storage/disk.ts'
import { uploadRoutes } from './routes.ts'

export const settings: Settings = {
  publicUrl: 'http://localhost',
  tokenSecrets: ['a secret of at least 32 characters, for tests'],
  emailFrom: 'Keepsake <keepsake@localhost>',
  oidc: null,
  jwt: null,
  resendWebhookSecret: null,
  replicateWebhookSecret: null,
  rescueWebhookSecret: null,
  rescueOwner: null,
  maxUploadBytes: 200_000_000,
  reserveBytes: 0,
  retentionDays: 730,
  supersededDays: 30,
  providerRetentionDays: 15,
  rescueLeadDays: 13,
  purgeGraceDays: 7,
  scrubBytesPerSecond: 1e12,
  linkLife,
  cronSecret: null,
  eventsSecret: null,
  bucket: null,
  detailedLogs: false,
  importDir: null,
}
export const installation = '00000000-0000-7000-8000-000000000001'

interface ShiftedClock extends Clock {
  shift: number
}

export interface Bed {
  deps: Deps
  url: string
  databaseUrl: string
  storeDir: string
  /** an admin; `cookie` of requests in their name */
  mara: string
  /** another owner */
  jonas: string
  clock: ShiftedClock
  close(): Promise<void>
}

/** The present, moved by `shift`. */
export function shiftedClock(): ShiftedClock {
  return {
    shift: 0,
    now() {
      return new Date(Date.now() + this.shift)
    },
  }
}

/** A server on these ports; whoever sends `cookie: as=<user id>` is that user. */
export async function serve(deps: Deps): Promise<{ url: string; close(): Promise<void> }> {
  const guard = makeGuard(deps, {
    read: async (request) => {
      const userId = /as=([0-9a-f-]{36})/.exec(request.headers.cookie ?? '')?.[1]
      const user = userId && (await deps.db.selectFrom('users').select(['id', 'role']).where('id', '=', userId).executeTakeFirst())
      return user ? { userId: user.id, role: user.role } : null
    },
  })
  const app = await makeServer({ deps, guard, routes: [uploadRoutes] })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    close: async () => {
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

export async function openBed(change: Partial<Settings> = {}): Promise<Bed> {
  const database = await testDatabase()
  const storeDir = mkdtempSync('/tmp/keepsake-uploads-')
  const clock = shiftedClock()
  const storage = diskStorage({ dir: join(storeDir, 'store'), clock })
  await storage.identify(installation)
  const queue = await pgbossQueue({ db: database.db, url: database.url, log: quiet })
  const images = sharpImages()
  const deps: Deps = {
    db: database.db,
    storage,
    queue,
    images,
    mail: outboxMail(),
    http: safeHttp(),
    providers: providersInTurn({ clock }),
    clock,
    calendar: { now: async () => clock.now() },
    log: quiet,
    settings: { ...settings, ...change },
  }
  const mara = await addUser(deps, 'admin')
  const jonas = await addUser(deps, 'owner')
  const server = await serve(deps)
  return {
    deps,
    url: server.url,
    databaseUrl: database.url,
    storeDir,
    mara,
    jonas,
    clock,
    async close() {
      await server.close()
      await queue.stop(0)
      await images.close()
      await database.close()
      rmSync(storeDir, { recursive: true, force: true })
    },
  }
}

async function addUser({ db, clock }: Pick<Deps, 'db' | 'clock'>, role: 'admin' | 'owner'): Promise<string> {
  const id = newId(clock.now())
  await db
    .insertInto('users')
    .values({ id, name: role, email: `${id}@example.com`, image: null, role })
    .execute()
  return id
}

export async function addGallery(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  ownerId: string,
  change: Partial<Gallery> = {},
): Promise<Gallery> {
  const now = clock.now()
  const id = newId(now)
  const gallery: Gallery = {
    ...freshGallery({ id, ownerId, slug: `g-${id}`, title: 'Mara & Jonas', now }),
    expiresAt: new Date(now.getTime() + days(30)),
    ...change,
  }
  await insertGallery(db, gallery)
  return gallery
}

/** A picture whose bytes nobody else has, `size` bytes long. */
export async function picture(seed: number, size: number): Promise<Buffer> {
  base ??= photoBytes(7, { width: 320, height: 200 })
  const jpeg = await base
  // trailing bytes belong to nobody's picture and are kept like all others
  const tail = Buffer.alloc(Math.max(8, size - jpeg.length))
  for (let i = 0; i + 4 <= tail.length; i += 4) tail.writeUInt32LE((seed * 2654435761 + i * 40503) >>> 0, i)
  return Buffer.concat([jpeg, tail])
}
let base: Promise<Buffer> | undefined

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
export const metadata = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')

export const tusHeaders = { 'tus-resumable': '1.0.0' }
export const asUser = (id: string) => ({ cookie: `as=${id}`, ...tusHeaders })

/** POST: begins an upload. */
export function post(bed: Pick<Bed, 'url'>, user: string, length: number | string, fields: Record<string, string>): Promise<Response> {
  return fetch(`${bed.url}/api/uploads`, {
    method: 'POST',
    headers: { ...asUser(user), 'upload-length': String(length), 'upload-metadata': metadata(fields) },
  })
}

export function patch(
  bed: Pick<Bed, 'url'>,
  user: string,
  location: string,
  offset: number | string,
  body: Uint8Array | ReadableStream,
): Promise<Response> {
  return fetch(bed.url + location, {
    method: 'PATCH',
    headers: { ...asUser(user), 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body,
    duplex: 'half',
  } as RequestInit)
}

export const head = (bed: Pick<Bed, 'url'>, user: string, location: string): Promise<Response> =>
  fetch(bed.url + location, { method: 'HEAD', headers: asUser(user) })

/** POST and one PATCH. */
export async function send(bed: Bed, galleryId: string, name: string, bytes: Buffer, more: Record<string, string> = {}): Promise<Response> {
  const begun = await post(bed, bed.mara, bytes.length, { gallery: galleryId, filename: name, ...more })
  if (begun.status !== 201) return begun
  return patch(bed, bed.mara, begun.headers.get('location')!, 0, bytes)
}

export async function problem(response: Response): Promise<{ status: number; code: string }> {
  const body = (await response.json()) as { code: string }
  return { status: response.status, code: body.code }
}

/** A whole upload by tus-js-client, as pages and programs send it. */
export function tusUpload(file: string | Buffer, options: UploadOptions): Promise<Upload> {
  return new Promise((done, failed) => {
    const upload = new Upload(typeof file === 'string' ? createReadStream(file) : file, {
      ...options,
      onError: failed,
      onSuccess: () => done(upload),
    })
    upload.start()
  })
}

/** The stored bytes of an asset. */
export async function storedBytes({ storage }: Pick<Deps, 'storage'>, key: string, size: number): Promise<Buffer> {
  const source = await storage.open(key, 0, size)
  const bytes = Buffer.alloc(size)
  await source.read(bytes)
  await source.close()
  return bytes
}

export const assetsOf = (db: Database, galleryId: string) =>
  db.selectFrom('assets').selectAll().where('galleryId', '=', galleryId).where('state', '!=', 'deleted').orderBy('id').execute()
