/** @keepsake/sdk/node: what needs files, for Node 22 or newer. */
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ResumeStore } from './resume.ts'
import type { Readable } from './upload.ts'

export { type GetEvent, type GetOptions, type Got, get } from './get/get.ts'
export { KeepsakeError } from './problem.ts'

/** A file on the disk, to be given to `uploadFile`. `close` it afterwards. Throws what the file system says. */
export async function openFile(file: string): Promise<Readable & { close(): Promise<void> }> {
  const handle = await open(file)
  const { size, mtimeMs } = await stat(file)
  return {
    name: path.basename(file),
    size,
    lastModified: Math.floor(mtimeMs),
    async read(from, to) {
      const bytes = new Uint8Array(to - from)
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled)
        if (bytesRead === 0) throw new Error(`${file} has become shorter while it was read`)
        filled += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

/** Remembers unfinished uploads in a JSON file, for one program at a time. */
export function fileResumeStore(file: string): ResumeStore {
  const read = async (): Promise<Record<string, string>> =>
    JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, string>
  let turn: Promise<unknown> = Promise.resolve()
  const change = (work: (all: Record<string, string>) => void): Promise<void> => {
    const mine = turn.then(async () => {
      const all = await read()
      work(all)
      await writeFile(`${file}.tmp`, JSON.stringify(all))
      await rename(`${file}.tmp`, file)
    })
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    get: async (key) => (await read())[key],
    set: (key, value) =>
      change((all) => {
        all[key] = value
      }),
    delete: (key) =>
      change((all) => {
        delete all[key]
      }),
  }
}
