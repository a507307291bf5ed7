/** The upload queues of the visit: they go on while other pages of the studio are looked at. */
import { createContext, type ReactNode, useContext, useEffect, useRef, useSyncExternalStore } from 'react'
import { uploads as endpoint, signedOut } from '../api.ts'
import { uploadMemory } from './upload-memory.ts'
import { type Count, type Queue, uploadQueue } from './upload-queue.ts'

interface Known {
  queue: Queue
  /** files left from an earlier visit */
  left: number
}
const Queues = createContext<Map<string, Known>>(new Map())

export function Uploads({ children }: { children: ReactNode }) {
  const queues = useRef(new Map<string, Known>())
  useEffect(() => {
    const each = (work: (queue: Queue) => void) => {
      for (const { queue } of queues.current.values()) work(queue)
    }
    const on = () => each((queue) => queue.network(true))
    const off = () => each((queue) => queue.network(false))
    // what waits for the network, or for a click, would be lost as well
    const ask = (event: BeforeUnloadEvent) => each((queue) => !['idle', 'done'].includes(queue.count().state) && event.preventDefault())
    const leave = () => each((queue) => queue.leave())
    addEventListener('online', on)
    addEventListener('offline', off)
    addEventListener('beforeunload', ask)
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('online', on)
      removeEventListener('offline', off)
      removeEventListener('beforeunload', ask)
      removeEventListener('pagehide', leave)
    }
  }, [])
  return <Queues.Provider value={queues.current}>{children}</Queues.Provider>
}

/**
 * Goes on with all uploads whenever it is known that `user` is signed in: after a session that has ended, and also when a file that
 * was asked for without one is refused a moment after they have come back. `asked`: when that became known.
 */
export function useGoingOn(user: string | undefined, asked: number): void {
  const queues = useContext(Queues)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer anew, also when it is the same
  useEffect(() => {
    if (user) for (const { queue } of queues.values()) queue.signedIn()
  }, [user, asked, queues])
}

export function useUpload(gallery: string): { queue: Queue; count: Count; left: number } {
  const queues = useContext(Queues)
  let known = queues.get(gallery)
  if (!known) {
    const memory = uploadMemory(localStorage, gallery)
    const left = memory.left()
    const queue = uploadQueue({
      endpoint,
      gallery,
      memory,
      now: () => performance.now(),
      online: () => navigator.onLine,
      readable: isReadable,
      signedOut: () => dispatchEvent(new Event(signedOut)),
    })
    known = { left, queue }
    queues.set(gallery, known)
  }
  return { ...known, count: useSyncExternalStore(known.queue.listen, known.queue.count) }
}

/** Browsers give no byte of a file that is not as it was when it was chosen. */
const isReadable = (file: Blob): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
