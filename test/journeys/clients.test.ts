/** Clients and tracks from the command line, on the same database and store as the service, and their link in a browser. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { AddedTrack, Client, GuestGallery, RescueRun, RescueStatistics } from '../../sdk/src/wire.ts'
import { makePhotos } from '../pictures.ts'
import { guest } from './people.ts'
import { freshInstallation } from './service.ts'

test('a client is added, changed, listed and removed from the command line, and their link opens the gallery; tracks come in, run and are counted', {
  timeout: 300_000,
}, async (t) => {
  const installation = await freshInstallation(t)
  const folder = path.join(installation.dir, 'wedding')
  await makePhotos(folder, { count: 2, minBytes: 20_000, maxBytes: 30_000 })
  assert.equal((await installation.command('deliver', folder)).code, 0)
  await installation.start()
  const client = (...args: string[]) => installation.command('client', ...args)
  const json = async <T>(...args: string[]) => JSON.parse((await client(...args, '--json')).stdout) as T

  const added = await json<Client>('add', 'wedding', 'Mara@Example.com', '--name', 'Mara', '--permission', 'view', '--for', '30d')
  assert.deepEqual([added.email, added.name, added.permission], ['mara@example.com', 'Mara', 'view'])
  const left = Date.parse(added.access_expires_at!) - Date.now()
  assert.ok(left > 29.9 * 86_400_000 && left <= 30 * 86_400_000)
  const { url } = await json<{ url: string }>('link', 'wedding', 'mara@example.com')
  const mara = guest(installation.url)
  assert.equal((await mara.ask(new URL(url).pathname)).status, 303)
  const page = () => mara.ask<GuestGallery>('/api/g/wedding')
  const first = await page()
  assert.deepEqual([first.body.visitor?.name, first.body.may_download], ['Mara', false])
  const changed = await json<Client>('change', 'wedding', 'MARA@example.com', '--permission', 'download', '--for', 'ever')
  assert.deepEqual([changed.permission, changed.access_expires_at, changed.name], ['download', null, 'Mara'])
  assert.equal((await page()).body.may_download, true)
  assert.match((await client('list', 'wedding')).stdout, /^mara@example\.com {2}download {2}for ever {2}Mara\n$/)
  assert.equal((await client('remove', 'wedding', 'mara@example.com')).code, 0)
  assert.equal((await mara.ask(new URL(url).pathname)).status, 410)
  assert.deepEqual(await json('list', 'wedding'), [])

  const refused: [args: string[], code: number][] = [
    [['remove', 'wedding', 'mara@example.com'], 1],
    [['add', 'nowhere', 'mara@example.com'], 1],
    [['add', 'wedding', 'a@b.c, d@e.f'], 1],
    [['add', 'wedding', 'a@example.com', '--permission', 'manage'], 2],
    [['add', 'wedding', 'a@example.com', '--for', 'long'], 2],
    [['add', 'wedding'], 2],
    [['list'], 2],
    [['toString', 'wedding'], 2],
  ]
  for (const [args, code] of refused) assert.equal((await client(...args)).code, code, args.join(' '))

  // tracks, on the same installation
  const rescue = (...args: string[]) => installation.command('rescue', ...args)
  const said = async <T>(...args: string[]) => {
    const { code, stdout, stderr } = await rescue(...args, '--json')
    return { code, stderr, ...(JSON.parse(stdout) as T) }
  }
  const table = path.join(installation.dir, 'tracks.json')
  const old = {
    id: 'a1',
    title: 'Waltz',
    archived_to_storage: true,
    storage_audio_url: 'https://store.invalid/1.mp3',
    audio_url: 'https://cdn.invalid/1.mp3',
  }
  writeFileSync(table, JSON.stringify([old, { title: 'nothing' }]))
  const sheet = path.join(installation.dir, 'more.csv')
  writeFileSync(sheet, 'provider_ref,audio_url,expires_at\nb1,https://cdn.invalid/2.mp3,2099-01-01\n')
  const urls = await said<AddedByCommand>('add', 'https://cdn.invalid/song.mp3', table, sheet, '--provider', 'suno')
  assert.deepEqual([urls.code, urls.added, urls.known, urls.skipped.map(({ row }) => row)], [3, 3, 0, [2]])
  assert.match(urls.stderr, /tracks\.json, row 2: audio_url/)
  assert.deepEqual(
    urls.tracks.map(({ provider, provider_ref }) => `${provider} ${provider_ref}`),
    ['suno https://cdn.invalid/song.mp3', 'suno a1', 'suno b1'],
  )
  const again = await said<AddedByCommand>('add', sheet, '--provider', 'suno')
  assert.deepEqual([again.code, again.added, again.known], [0, 0, 1])
  // nothing has that name: it is tried, and will be again
  const ran = await said<RescueRun>('run', '--track', urls.tracks[1]!.id)
  assert.deepEqual([ran.code, ran.results.total, ran.results.failed, ran.results.errors[0]!.title], [3, 1, 1, 'Waltz'])
  const status = await said<RescueStatistics>('status')
  assert.deepEqual([status.code, status.total_tracks, status.pending_archive, status.failing], [0, 3, 3, 1])
  assert.match(
    (await rescue('status')).stdout,
    /^3 tracks: 0 saved \(0 %, .*\), 3 wait,\nof these 0 with less than 2 days left and 1 failing/,
  )
  const wrong: [args: string[], code: number][] = [
    [['add'], 2],
    [['run', '--limit', '0'], 2],
    [['run', '--track', 'x'], 2],
    [['run', '--track', '0197f6a0-0000-7000-8000-00000000ffff'], 1],
    [['add', 'http://169.254.169.254/latest'], 1],
    [['add', path.join(installation.dir, 'nowhere.csv')], 1],
    [['status', '--user', 'nobody@example.com'], 1],
  ]
  for (const [args, code] of wrong) assert.equal((await rescue(...args)).code, code, args.join(' '))
})

interface AddedByCommand {
  added: number
  known: number
  skipped: { row: number }[]
  tracks: AddedTrack[]
}
