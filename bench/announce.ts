/** Tells so many new clients of a gallery's ready archive, as the job does, and says how long that took: `<gallery> <clients>`. */
import { newId } from '../src/base/id.ts'
import { withWorld } from '../src/cli/world.ts'
import { listVersions, newestOf } from '../src/data/archives.ts'
import { findGallery } from '../src/data/galleries.ts'
import { announce } from '../src/features/delivery/announce.ts'

const [slug, count] = process.argv.slice(2) as [string, string]

await withWorld(async ({ deps }) => {
  const gallery = (await findGallery(deps.db, slug))!
  const { ready } = newestOf(await listVersions(deps.db, gallery.id))
  const rows = (kind: string) => {
    const createdAt = deps.clock.now()
    const one = (n: number) => ({ id: newId(createdAt), galleryId: gallery.id, email: `${kind}${n}@example.com`, name: null, createdAt })
    return Array.from({ length: Number(count) }, (_, n) => one(n))
  }
  const tell = async (kind: string) => {
    await deps.db.insertInto('galleryClients').values(rows(kind)).execute()
    const began = performance.now()
    await announce(deps, ready!.id)
    return performance.now() - began
  }
  // the first of a program is about loading it
  const [first, ms] = [await tell('first'), await tell('second')]
  const letters = await deps.db.selectFrom('letters').select('id').where('archiveId', '=', ready!.id).execute()
  console.log(JSON.stringify({ first, ms, letters: letters.length }))
})
