/** What bench/peers.ts uses of packages that bring no types. */
declare module 'archiver' {
  import type { Stats } from 'node:fs'
  import type { Transform } from 'node:stream'
  export class ZipArchive extends Transform {
    constructor(options: { store?: boolean; zlib?: { level: number }; highWaterMark?: number })
    file(path: string, data: { name: string; stats?: Stats }): this
    append(source: Buffer, data: { name: string; stats?: Stats }): this
    finalize(): Promise<void>
  }
}
declare module 'yazl' {
  import type { Readable } from 'node:stream'
  export class ZipFile {
    outputStream: Readable
    addFile(path: string, name: string, options?: { compress?: boolean }): void
    end(): void
  }
}
