/** P19: what opens something stands in no log, in no error and not in clear in the database, whatever happens meanwhile. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import type { DownloadResponse, Item, Letter, MediaLink, NewApiKey, NewLink, NewWebhook } from '../../sdk/src/wire.ts'
import { mintLetterToken } from '../../src/domain/letter-token.ts'
import { allOf, createGallery, guest, password, publish, readyArchive, setUp, signIn } from './people.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, until } from './service.ts'

const canaries = {
  link: 'Cn4ryL1nkS3cretZr4kW9sT1xVbN6mQ8y',
  cron: 'Cn4ryCr0nS3cretZr4kW9sT1xVbN6mQ8y',
  mail: 'Cn4ryM4ilPassw0rd',
}

test('secrets of the installation, links, keys, cookies and passwords never reach a log or an answer', { timeout: 300_000 }, async (t) => {
  // a mail server that repeats the login it was given, and refuses it
  const rude = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('220 rude\r\n')
    socket.on('data', (text) =>
      socket.write(/^ehlo/i.test(String(text)) ? '250-rude\r\n250 AUTH PLAIN\r\n' : `535 no: ${String(text).trim()} ${canaries.mail}\r\n`),
    )
  }).listen(0, '127.0.0.1')
  await new Promise((done) => rude.once('listening', done))
  t.after(() => rude.close())
  const { port } = rude.address() as { port: number }
  const installation = await freshInstallation(t, {
    LOG_LEVEL: 'info',
    ENABLE_DETAILED_LOGS: 'true',
    GALLERY_TOKEN_SECRET: canaries.link,
    CRON_SECRET: canaries.cron,
    EMAIL_FROM: 'Keepsake <photos@example.com>',
    SMTP_URL: `smtp://mara:${canaries.mail}@127.0.0.1:${port}`,
  })
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const gallery = await createGallery(ida, { title: 'Canaries', password: 'Cn4ryG4llery' })
  await ida.ask(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: 'mara@example.com' } })
  await sendPhotos(installation, ida, gallery.id, await photos(3, 50_000))
  await publish(ida, gallery.id)
  await readyArchive(ida, gallery.id)
  // what opens the page, the way out of letters, one original in place, and an export of her own
  const shared = (await ida.ask<NewLink>(`/api/galleries/${gallery.id}/share`, { method: 'POST', body: {} })).body.url
  const share = shared.split('/s/')[1]!
  const [item] = await allOf<Item>(ida, `/api/galleries/${gallery.id}/items`)
  const mediaUrl = (await ida.ask<MediaLink>(`/api/galleries/${gallery.id}/items/${item!.id}/media`)).body.media_url
  const media = new URL(mediaUrl).searchParams.get('link')!
  const [letter] = await allOf<Letter>(ida, '/api/letters')
  const leave = mintLetterToken('unsubscribe', letter!.id, [canaries.link])
  const extend = mintLetterToken('extend', letter!.id, [canaries.link])
  const key = (await ida.ask<NewApiKey>('/api/keys', { method: 'POST', body: { name: 'k', scopes: ['galleries:read'] } })).body.key
  const hook = { url: 'https://hooks.invalid/keepsake' }
  const made = (await ida.ask<NewWebhook>('/api/webhooks', { method: 'POST', body: hook })).body
  await ida.ask(`/api/webhooks/${made.id}/test`, { method: 'POST' })
  const webhook = made.secret.replace('whsec_', '')
  assert.ok(webhook.length > 40)
  const url = (await ida.ask<DownloadResponse>(`/api/galleries/${gallery.id}/download`)).body.download_url!
  const token = url.split('/d/')[1]!
  const archive = await readyArchive(ida, gallery.id)
  const cookie = ida.headers().cookie!
  const session = decodeURIComponent(/session[^=]*=([^;.]+)/.exec(cookie)![1]!)

  const answers: string[] = []
  const strange = async (address: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(ida.address(address), { method, headers, redirect: 'manual' })
    answers.push(await answer.text().catch(() => ''))
  }
  for (const place of [
    `/d/${token}`,
    `/d/${token}x`,
    `/api/download/${archive.id}?token=${token}`,
    `/nothing/${token}?token=${token}`,
    `/d/${token}/${token}`,
    `/s/${share}`,
    `/s/${share}x`,
    `/s/${share}/${share}`,
    `/unsubscribe/${leave}x`,
    `/extend/${extend}x`,
    `/media/${item!.asset_id}?link=${media}`,
    `/media/${item!.asset_id}?link=${media}x`,
    `/media/${archive.id}?link=${media}`,
    `/media/${item!.asset_id}/${media}?link=${media}`,
    `/api/galleries/${gallery.id}/items?link=${media}&token=${share}`,
  ])
    for (const accept of ['application/json', 'text/html']) await strange(place, { accept, range: 'bytes=0-1' })
  for (const place of [`/unsubscribe/${leave}`, `/extend/${extend}`, `/s/${share}`]) {
    await strange(place, { accept: 'text/html' })
    await strange(place, {}, 'POST')
  }
  await strange('/api/galleries', { authorization: `Bearer ${key}` })
  await strange('/api/galleries', { authorization: `Bearer ${key}x` })
  await strange('/api/galleries', { cookie })
  for (const name of ['maintenance', 'cleanup', 'expirations', 'process-archives'])
    await strange(`/api/cron/${name}`, { authorization: `Bearer ${canaries.cron}` }, 'POST')
  await strange('/api/cron/cleanup', { authorization: `Bearer ${canaries.cron}x` }, 'POST')
  const mara = guest(installation.url)
  await mara.ask(new URL(shared).pathname)
  const pass = decodeURIComponent(/ks_l_[^=]*=([^;]+)/.exec(mara.headers().cookie!)![1]!)
  await mara.ask(`/api/g/${gallery.slug}/unlock`, { method: 'POST', body: { password: 'Cn4ryGuess' } })
  await mara.ask(`/api/g/${gallery.slug}/unlock`, { method: 'POST', body: { password: 'Cn4ryG4llery' } })
  await signIn(installation)
  // the letter fails with the mail server's rude words
  await until(() => /mail_unreachable|mail_refused/.test(service.log()), { what: 'the failed letter', ms: 60_000, every: 100 })
  const doctor = await installation.command('doctor', '--json')
  assert.equal(doctor.code, 1)
  const log = service.log()
  assert.match(log, /\[JobQueue\] Acquired job/)
  assert.match(log, /\[Email\] Sending archive notification/)

  // as it crosses the line to the mail server, which repeats it
  const login = Buffer.from(`\0mara\0${canaries.mail}`).toString('base64')
  const links = { token, share, media, leave, extend }
  const secrets = { ...canaries, ...links, pass, key, webhook, session, password, login, gallery: 'Cn4ryG4llery', guess: 'Cn4ryGuess' }
  for (const [name, secret] of Object.entries(secrets)) {
    assert.ok(!log.includes(secret), `${name} stands in the log: ${log.split('\n').find((line) => line.includes(secret))}`)
    assert.ok(!answers.join('\n').includes(secret), `${name} stands in an answer`)
    assert.ok(!`${doctor.stdout}${doctor.stderr}`.includes(secret), `${name} stands in what doctor says`)
  }
  const dump = await everything(installation.dir)
  // a session's row holds its token; a cookie opens something with our signature of it alone
  secrets.session = decodeURIComponent(/session[^=]*=([^;]+)/.exec(cookie)![1]!)
  for (const name of [
    'link',
    'cron',
    'mail',
    'login',
    'session',
    'token',
    'share',
    'media',
    'leave',
    'extend',
    'pass',
    'key',
    'webhook',
    'password',
    'gallery',
    'guess',
  ] as const)
    assert.ok(!dump.includes(secrets[name]), `${name} stands in the database`)
})

/** Every row of every table as text. */
async function everything(dir: string): Promise<string> {
  const client = new pg.Client({ host: path.join(dir, 'postgres/run'), user: 'keepsake', database: 'keepsake' })
  await client.connect()
  try {
    const tables = await client.query(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'queue')`,
    )
    const texts: string[] = []
    for (const { name } of tables.rows)
      texts.push((await client.query(`select string_agg(t::text, ' ') as text from ${name} t`)).rows[0].text ?? '')
    return texts.join('\n')
  } finally {
    await client.end()
  }
}
