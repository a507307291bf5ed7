/** Where unfinished uploads are remembered: anything that keeps short texts. */

/** Keeps texts by key; all three may answer at once or later. */
export interface ResumeStore {
  get(key: string): Promise<string | null | undefined> | string | null | undefined
  set(key: string, value: string): Promise<void> | void
  delete(key: string): Promise<void> | void
}

/** What `localStorage` and `sessionStorage` of a browser are. */
export interface WebStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** Remembers in a browser's storage, such as `localStorage`. A full storage remembers nothing and stops nobody. */
export function webResumeStore(storage: WebStorage): ResumeStore {
  return {
    get: (key) => storage.getItem(key),
    set(key, value) {
      try {
        storage.setItem(key, value)
      } catch {
        // full, or forbidden: then the file is sent from its beginning
      }
    },
    delete: (key) => storage.removeItem(key),
  }
}

/** The same file for the same gallery of the same service. */
export const resumeKey = (url: string, gallery: string, file: { name: string; size: number; modified?: number }): string =>
  ['keepsake:upload', url, gallery, file.name, file.size, file.modified ?? ''].join(' ')
