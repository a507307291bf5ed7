/** Files out of a drop or a file window, with their paths, without what operating systems leave lying about. */
import type { Source } from './upload-queue.ts'

export async function filesOfDrop(data: DataTransfer): Promise<Source[]> {
  // Entries must be taken before the first await: afterwards the list of the drop is empty.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const found: Source[] = []
  for (const entry of entries) await walk(entry, found)
  return found.sort(byPath)
}

export function filesOfInput(list: FileList): Source[] {
  const chosen = [...list].map((file) => sourceOf(file, file.webkitRelativePath || file.name))
  return chosen.filter((source) => wanted(source.path)).sort(byPath)
}

/** File systems hand out their files in any order; people count: 2 comes before 10. */
const natural = new Intl.Collator('en', { numeric: true })
const byPath = (a: Source, b: Source) => natural.compare(a.path, b.path)

/** Nothing that begins with a dot, in whichever folder, and not the notes of file windows. */
export function wanted(path: string): boolean {
  return path.split('/').every((part) => !part.startsWith('.') && !['Thumbs.db', 'desktop.ini', '__MACOSX'].includes(part))
}

async function walk(entry: FileSystemEntry, found: Source[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '')
  if (!wanted(path)) return
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail))
    found.push(sourceOf(file, path))
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A hundred at a time, until an empty answer: so browsers hand out folders.
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail))
    if (!some.length) return
    for (const child of some) await walk(child, found)
  }
}

/** The folders below the one that was chosen: `Wedding/Ceremony/a.jpg` stands under Ceremony. */
export function chapterOf(path: string): string | undefined {
  return path.split('/').slice(1, -1).join(' / ') || undefined
}

function sourceOf(file: File, path: string): Source {
  return { path, chapter: chapterOf(path), name: file.name, size: file.size, type: file.type, modified: file.lastModified, body: file }
}
