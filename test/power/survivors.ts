/** What is left after a power cut: the database is recovered, and every acknowledged upload is looked for, row and bytes. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { startEmbedded } from '../../src/ports/database/embedded.ts'
import { quiet } from '../postgres.ts'

/** What a program said before its power was cut. */
export interface Said {
  /** size by SHA-256 of every photo acknowledged as complete */
  done: Map<string, number>
  /** acknowledged offset of each unfinished upload, and the SHA-256 of the bytes until there */
  at: Map<string, { offset: number; sha256: string }>
}

interface AssetRow {
  sha256: Buffer
  size: string
  storage_key: string
}

/** Names everything that was acknowledged and is gone. `dir` is the folder of the copied disk. */
export async function lost(dir: string, said: Said): Promise<string[]> {
  // these name processes of the machine whose power was cut; on the next one they mean nobody
  for (const name of globSync('postgres/{owner.*,pgdata/postmaster.pid}', { cwd: dir })) rmSync(path.join(dir, name))
  let server: Awaited<ReturnType<typeof startEmbedded>>
  try {
    server = await startEmbedded({ dir: path.join(dir, 'postgres'), log: quiet, settings: { fsync: 'off' } })
  } catch (error) {
    return [`the database does not start: ${String(error)}`]
  }
  const client = new pg.Client({ connectionString: server.url })
  try {
    await client.connect()
    return [...(await lostPhotos(client, dir, said.done)), ...(await lostParts(client, dir, said.at))]
  } catch (error) {
    return [`the database does not answer: ${String(error)}`]
  } finally {
    await client.end()
    await server.stop()
  }
}

async function lostPhotos(client: pg.Client, dir: string, done: Said['done']): Promise<string[]> {
  const { rows } = await client.query<AssetRow>("select sha256, size, storage_key from assets where state = 'stored'")
  const kept = new Map(rows.map((row) => [row.sha256.toString('hex'), row]))
  return [...done].flatMap(([sha256, size]) => {
    const row = kept.get(sha256)
    if (!row) return [`the row of ${sha256}`]
    const bytes = read(path.join(dir, 'storage/objects', row.storage_key))
    return bytes && bytes.length === size && digest(bytes) === sha256 ? [] : [`the bytes of ${sha256} (${bytes?.length ?? 'no file'})`]
  })
}

async function lostParts(client: pg.Client, dir: string, at: Said['at']): Promise<string[]> {
  const { rows } = await client.query<{ id: string; received: string; size: string }>('select id, received, size from uploads')
  const uploads = new Map(rows.map((row) => [row.id, row]))
  return [...at].flatMap(([id, { offset, sha256 }]) => {
    const upload = uploads.get(id)
    if (!upload || Number(upload.received) < offset) return [`the offset of upload ${id}`]
    // complete: its bytes lie under their key, or are about to
    if (upload.received === upload.size) return []
    const bytes = read(path.join(dir, 'storage/uploads', id))
    return bytes && bytes.length >= offset && digest(bytes.subarray(0, offset)) === sha256 ? [] : [`the bytes of upload ${id}`]
  })
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
