/** Clients from the command line, on the same database and store as the service, and their link in a browser. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import type { Client, GuestGallery } from '../../sdk/src/wire.ts'
import { makePhotos } from '../pictures.ts'
import { guest } from './people.ts'
import { freshInstallation } from './service.ts'

test('a client is added, changed, listed and removed from the command line, and their link opens the gallery', {
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
})
