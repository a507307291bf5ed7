/** The bed of the tests of the rescue: a provider that is a real server, an owner, tracks that lie there. */
import { mp3, noise, png } from '../../../test/media.ts'
import { openProvider, type Provider } from '../../../test/provider.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { findTrack } from '../../data/tracks.ts'
import type { Deps } from '../../ports/deps.ts'
import { createUser } from '../accounts/users.ts'
import { addTracks, type NewTrack } from './add.ts'
import { run, type Wish } from './run.ts'
import { viewTrack } from './view.ts'

let count = 0
export const unique = (): number => ++count

/** Audio that no other call gives. */
export const song = (): Buffer => mp3({ frames: 20, seed: unique() })
export const picture = (): Buffer => png({ width: 8, height: 8, pixels: noise(8 * 8 * 3, unique()) })

export interface Bed {
  world: TestWorld
  provider: Provider
  owner: () => Promise<string>
  /** Puts files at the provider, and answers the track that they are. */
  offer: (more?: Partial<NewTrack>, files?: { audio?: Buffer | null; cover?: Buffer | null }) => NewTrack
  add: (ownerId: string, ...tracks: NewTrack[]) => Promise<string[]>
  /** A run in which nobody waits between tries. */
  go: (wish?: Partial<Wish>) => ReturnType<typeof run>
  see: (ownerId: string, id: string) => Promise<ReturnType<typeof viewTrack>>
  /** how often this address was asked for */
  asked: (url: string) => number
  close: () => Promise<void>
}

export async function bed(change: Partial<Deps> = {}): Promise<Bed> {
  const world = await testWorld(change)
  const provider = await openProvider()
  const { deps } = world
  return {
    world,
    provider,
    owner: async () => {
      const name = `Jo ${unique()}`
      return (await createUser(deps, { name, email: `jo${unique()}@example.com`, password: 'a long password', role: 'owner' })).id
    },
    offer(more = {}, { audio = song(), cover = null } = {}) {
      const name = `${unique()}`
      if (audio) provider.media.set(`/${name}.mp3`, { bytes: audio, type: 'audio/mpeg' })
      if (cover) provider.media.set(`/${name}.png`, { bytes: cover, type: 'image/png' })
      return {
        provider: 'suno',
        providerRef: name,
        title: `Song ${name}`,
        artist: 'Mara',
        audioUrl: `${provider.url}/${name}.mp3`,
        coverUrl: cover ? `${provider.url}/${name}.png` : null,
        videoUrl: null,
        // due at once
        madeAt: new Date(world.clock.now().getTime() - 13 * 86_400_000),
        expiresAt: null,
        seconds: null,
        isPublic: false,
        ...more,
      }
    },
    add: async (ownerId, ...tracks) => (await addTracks(deps, ownerId, tracks)).map(({ id }) => id),
    go: (wish = {}) => run(deps, { ownerId: null, limit: 1000, ...wish }, new AbortController().signal, { waits: [] }),
    see: async (ownerId, id) => viewTrack((await findTrack(deps.db, ownerId, id))!, world.clock.now()),
    asked: (url) => provider.asked.filter(({ path }) => url.endsWith(path)).length,
    async close() {
      await provider.close()
      await world.close()
    },
  }
}
