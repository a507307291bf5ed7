/** One look a second at a thing, however many follow it in this process; none while nobody does. */
import type { Deps } from '../ports/deps.ts'

/** What is told: `id` names it, so that who was cut off hears nothing twice. */
export interface Told {
  id: string
  /** the data of the event, as JSON */
  text: string
  /** nothing follows */
  last: boolean
}

/** What can be followed. `T` is what decides who may hear of it. */
export interface Topic<T> {
  /** who follows the same name follows the same thing */
  name: string
  /** of its events */
  event: string
  /** How it is now; undefined: it is gone. */
  look(): Promise<{ of: T; told: Told } | undefined>
}

export interface Follower<T> {
  /** asked at every look: who may not know any more hears nothing more */
  mayHear(of: T): boolean
  tell(told: Told): void
  /** nothing more comes: all is told, or they may not hear it any more */
  end(): void
}

export interface Hub {
  /** Tells what changes from now on; answers how to leave. */
  follow<T>(topic: Topic<T>, follower: Follower<T>): () => void
  /** Ends every stream: the process stops, and another one is asked. */
  close(): void
}

type Party = { topic: Topic<unknown>; followers: Set<Follower<unknown>>; said: string; timer: NodeJS.Timeout }

export function newHub({ log }: Pick<Deps, 'log'>, everyMs = 1000): Hub {
  const parties = new Map<string, Party>()
  let closed = false

  const end = (party: Party) => {
    if (parties.get(party.topic.name) === party) parties.delete(party.topic.name)
    clearTimeout(party.timer)
    for (const follower of party.followers) follower.end()
  }
  const tick = async (party: Party): Promise<void> => {
    try {
      const seen = await party.topic.look()
      if (!seen) return end(party)
      for (const follower of party.followers) {
        if (follower.mayHear(seen.of)) continue
        party.followers.delete(follower)
        follower.end()
      }
      if (seen.told.id !== party.said) for (const follower of party.followers) follower.tell(seen.told)
      party.said = seen.told.id
      if (seen.told.last || !party.followers.size) return end(party)
    } catch (error) {
      // a database that is away for a moment: the next look may find it
      log.warn({ topic: party.topic.name, error: String(error) }, 'progress could not be read')
    }
    if (parties.get(party.topic.name) === party) later(party)
  }
  const later = (party: Party) => {
    party.timer = setTimeout(() => void tick(party), everyMs)
  }

  return {
    follow<T>(topic: Topic<T>, follower: Follower<T>) {
      if (closed) {
        follower.end()
        return () => {}
      }
      let party = parties.get(topic.name)
      if (!party) {
        party = { topic, followers: new Set(), said: '', timer: setTimeout(() => {}, 0) }
        later(party)
        parties.set(topic.name, party)
      }
      const joined = party
      // of one name is one topic, so its followers know its T
      joined.followers.add(follower as Follower<unknown>)
      return () => {
        joined.followers.delete(follower as Follower<unknown>)
        if (!joined.followers.size) end(joined)
      }
    },
    close() {
      closed = true
      for (const party of [...parties.values()]) end(party)
    },
  }
}
