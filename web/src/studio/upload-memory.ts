/** What a browser remembers of uploads, so that choosing the same folder after a reload goes on where it stopped. */

/** As much of localStorage as is needed. */
export interface Store {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export interface UploadMemory {
  /** sent in an earlier visit */
  has: (key: string) => boolean
  add: (key: string) => void
  /** files that are still to be sent; 0 forgets */
  setLeft: (count: number) => void
  left: () => number
  /** writes now what is written now and then otherwise */
  flush: () => void
}

export function uploadMemory(store: Store, gallery: string): UploadMemory {
  const sentKey = `keepsake:sent:${gallery}`
  const leftKey = `keepsake:left:${gallery}`
  const sent = new Set((store.getItem(sentKey) ?? '').split(' ').filter(Boolean))
  let unsaved = 0
  const flush = () => {
    unsaved = 0
    write(store, sentKey, [...sent].join(' '))
  }
  return {
    has: (key) => sent.has(short(key)),
    add(key) {
      sent.add(short(key))
      // The whole list is one value: written after every 20th file, a crash costs the sending of at most 19 again.
      if (++unsaved >= 20) flush()
    },
    setLeft: (count) => (count ? write(store, leftKey, String(count)) : store.removeItem(leftKey)),
    left: () => Number(store.getItem(leftKey)) || 0,
    flush,
  }
}

function write(store: Store, key: string, value: string): void {
  try {
    store.setItem(key, value)
  } catch {
    // The store is full: then files are sent again and the server says they are duplicates.
  }
}

/** 53 bits of a path, size and time (cyrb53): ten thousand files take 110 KB instead of 700. */
function short(text: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36)
}
