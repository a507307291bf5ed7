/** What belongs to somebody else answers, on every route of the API, exactly like what does not exist. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type {
  AddedTracks,
  ApiKey,
  Archive,
  Client,
  ExportAnswer,
  Gallery,
  Item,
  Letter,
  NewApiKey,
  NewLink,
  NewWebhook,
  Suppression,
  Webhook,
  WebhookDelivery,
} from '../../sdk/src/wire.ts'
import { mintLetterToken } from '../../src/domain/letter-token.ts'
import { type Asking, allOf, createGallery, guest, type Person, password, publish, readyArchive, setUp, signIn } from './people.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

/** Names of one person's things, or of things that nobody has. */
interface Names {
  gallery: string
  slug: string
  item: string
  asset: string
  archive: string
  client: string
  link: string
  letter: string
  suppression: string
  notification: string
  key: string
  passkey: string
  upload: string
  export: string
  feedback: string
  webhook: string
  delivery: string
  track: string
  placement: string
}
type Probe = (names: Names) => Asking & { path: string }

const text = (value: string) => Buffer.from(value).toString('base64')
const tus = { 'tus-resumable': '1.0.0' }
const beginning = (gallery: string) => ({
  ...tus,
  'upload-length': '9',
  'upload-metadata': `gallery ${text(gallery)},filename ${text('a.jpg')}`,
})
const piece = { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }
const one =
  (path: (names: Names) => string, asking: Asking = {}): Probe =>
  (names) => ({ ...asking, path: path(names) })
const ofGallery = (rest = '', asking: Asking = {}) => one((n) => `/api/galleries/${n.gallery}${rest}`, asking)

/** Routes that name somebody's thing, and how each is asked. */
const probes: Record<string, Probe> = {
  'get /api/galleries/{id}': ofGallery(),
  'patch /api/galleries/{id}': ofGallery('', { body: { title: 'Mine now' } }),
  'delete /api/galleries/{id}': ofGallery(),
  'get /api/galleries/{id}/clients': ofGallery('/clients'),
  'post /api/galleries/{id}/clients': ofGallery('/clients', { body: { email: 'jonas@example.com' } }),
  'patch /api/galleries/{id}/clients/{client}': one((n) => `/api/galleries/${n.gallery}/clients/${n.client}`, { body: { name: 'Mine' } }),
  'post /api/galleries/{id}/clients/{client}/link': one((n) => `/api/galleries/${n.gallery}/clients/${n.client}/link`),
  'post /api/galleries/{id}/share': ofGallery('/share', { body: {} }),
  'delete /api/galleries/{id}/share': ofGallery('/share'),
  'get /api/galleries/{id}/items/{item}/media': one((n) => `/api/galleries/${n.gallery}/items/${n.item}/media`),
  'get /media/{asset}': one((n) => `/media/${n.asset}`),
  'delete /api/galleries/{id}/clients/{client}': one((n) => `/api/galleries/${n.gallery}/clients/${n.client}`),
  'get /api/galleries/{id}/clients/{client}/data': one((n) => `/api/galleries/${n.gallery}/clients/${n.client}/data`),
  'get /api/galleries/{id}/activity': ofGallery('/activity'),
  'get /api/galleries/{id}/deliveries': ofGallery('/deliveries'),
  'get /api/galleries/{id}/items': ofGallery('/items'),
  'patch /api/galleries/{id}/items': ofGallery('/items', { body: { items: ['01900000-0000-7000-8000-000000000001'], hidden: true } }),
  'post /api/galleries/{id}/items/order': ofGallery('/items/order', { body: { by: 'name' } }),
  'delete /api/galleries/{id}/items/{item}': one((n) => `/api/galleries/${n.gallery}/items/${n.item}`),
  'post /api/galleries/{id}/import': ofGallery('/import', { body: { path: '.' } }),
  'post /api/galleries/{id}/sample': ofGallery('/sample'),
  'get /api/galleries/{id}/source': ofGallery('/source'),
  'get /api/galleries/{id}/watermark': ofGallery('/watermark'),
  'post /api/galleries/{id}/publish': ofGallery('/publish'),
  'get /api/galleries/{id}/archive': ofGallery('/archive'),
  'post /api/galleries/{id}/archive': ofGallery('/archive', { body: { force: true } }),
  'get /api/galleries/{id}/archives': ofGallery('/archives'),
  'get /api/galleries/{id}/download': ofGallery('/download'),
  'get /api/gallery/{id}/download': one((n) => `/api/gallery/${n.gallery}/download`),
  'get /albums/{id}/download': one((n) => `/albums/${n.gallery}/download`),
  'get /api/galleries/{id}/progress': ofGallery('/progress'),
  'get /api/galleries/{id}/work': ofGallery('/work'),
  'get /api/galleries/{id}/work/progress': ofGallery('/work/progress'),
  'get /api/download/{id}': one((n) => `/api/download/${n.archive}`),
  'get /api/galleries/{id}/links': ofGallery('/links'),
  'delete /api/galleries/{id}/links/{link}': one((n) => `/api/galleries/${n.gallery}/links/${n.link}`),
  'post /api/galleries/{id}/exports': ofGallery('/exports', { body: { all: true } }),
  'get /api/galleries/{id}/exports': ofGallery('/exports'),
  'get /api/galleries/{id}/exports/{eid}': one((n) => `/api/galleries/${n.gallery}/exports/${n.export}`),
  'get /api/galleries/{id}/exports/{eid}/status': one((n) => `/api/galleries/${n.gallery}/exports/${n.export}/status`),
  'get /api/galleries/{id}/exports/{eid}/download': one((n) => `/api/galleries/${n.gallery}/exports/${n.export}/download`),
  'delete /api/galleries/{id}/exports/{eid}': one((n) => `/api/galleries/${n.gallery}/exports/${n.export}`),
  'get /api/g/{slug}/favorites': one((n) => `/api/g/${n.slug}/favorites`),
  'put /api/g/{slug}/items/{item}/favorite': one((n) => `/api/g/${n.slug}/items/${n.item}/favorite`),
  'delete /api/g/{slug}/items/{item}/favorite': one((n) => `/api/g/${n.slug}/items/${n.item}/favorite`),
  'delete /api/admin/archives/{id}': one((n) => `/api/admin/archives/${n.archive}`, { body: { confirm: 'x' } }),
  'post /api/galleries/{id}/retire': ofGallery('/retire'),
  'get /api/galleries/{id}/restore': ofGallery('/restore'),
  'post /api/galleries/{id}/restore': ofGallery('/restore', { body: {} }),
  'get /api/archives/{id}/proofs': one((n) => `/api/archives/${n.archive}/proofs`),
  'get /api/archives/{id}/entries': one((n) => `/api/archives/${n.archive}/entries`),
  'get /api/archives/{id}/entries/{position}': one((n) => `/api/archives/${n.archive}/entries/0`),
  'get /api/g/{slug}/feedback': one((n) => `/api/g/${n.slug}/feedback`),
  'post /api/g/{slug}/favorites/send': one((n) => `/api/g/${n.slug}/favorites/send`, { body: { name: 'Jonas' } }),
  'put /api/g/{slug}/me': one((n) => `/api/g/${n.slug}/me`, { body: { name: 'Jonas' } }),
  'delete /api/g/{slug}/me': one((n) => `/api/g/${n.slug}/me`),
  'put /api/g/{slug}/items/{item}/like': one((n) => `/api/g/${n.slug}/items/${n.item}/like`),
  'delete /api/g/{slug}/items/{item}/like': one((n) => `/api/g/${n.slug}/items/${n.item}/like`),
  'put /api/g/{slug}/items/{item}/rating': one((n) => `/api/g/${n.slug}/items/${n.item}/rating`, { body: { rating: 5 } }),
  'delete /api/g/{slug}/items/{item}/rating': one((n) => `/api/g/${n.slug}/items/${n.item}/rating`),
  'get /api/g/{slug}/items/{item}/comments': one((n) => `/api/g/${n.slug}/items/${n.item}/comments`),
  'post /api/g/{slug}/items/{item}/comments': one((n) => `/api/g/${n.slug}/items/${n.item}/comments`, {
    body: { text: 'mine', name: 'Jonas' },
  }),
  'delete /api/g/{slug}/items/{item}/comments/{comment}': one((n) => `/api/g/${n.slug}/items/${n.item}/comments/${n.feedback}`),
  'get /api/galleries/{id}/feedback': ofGallery('/feedback'),
  'delete /api/galleries/{id}/feedback': ofGallery('/feedback?guest=guest+1'),
  'get /api/galleries/{id}/feedback/summary': ofGallery('/feedback/summary'),
  'get /api/galleries/{id}/feedback/export': ofGallery('/feedback/export?format=xmp'),
  'patch /api/galleries/{id}/feedback/{fid}': one((n) => `/api/galleries/${n.gallery}/feedback/${n.feedback}`, { body: { hidden: true } }),
  'delete /api/galleries/{id}/feedback/{fid}': one((n) => `/api/galleries/${n.gallery}/feedback/${n.feedback}`),
  'get /api/archives/{id}/download': one((n) => `/api/archives/${n.archive}/download`),
  'get /api/letters/{id}': one((n) => `/api/letters/${n.letter}`),
  'get /api/letters/{id}/html': one((n) => `/api/letters/${n.letter}/html`),
  'post /api/archives/{id}/resend': one((n) => `/api/archives/${n.archive}/resend`, { body: { email: 'jonas@example.com' } }),
  'post /api/letters/{id}/resend': one((n) => `/api/letters/${n.letter}/resend`),
  'delete /api/suppressions/{id}': one((n) => `/api/suppressions/${n.suppression}`),
  'post /api/notifications/{id}/read': one((n) => `/api/notifications/${n.notification}/read`),
  'delete /api/account/passkeys/{id}': one((n) => `/api/account/passkeys/${n.passkey}`),
  'delete /api/keys/{id}': one((n) => `/api/keys/${n.key}`),
  'get /api/webhooks/{id}': one((n) => `/api/webhooks/${n.webhook}`),
  'patch /api/webhooks/{id}': one((n) => `/api/webhooks/${n.webhook}`, { body: { active: false } }),
  'delete /api/webhooks/{id}': one((n) => `/api/webhooks/${n.webhook}`),
  'post /api/webhooks/{id}/rotate': one((n) => `/api/webhooks/${n.webhook}/rotate`),
  'post /api/webhooks/{id}/test': one((n) => `/api/webhooks/${n.webhook}/test`),
  'get /api/webhooks/{id}/deliveries': one((n) => `/api/webhooks/${n.webhook}/deliveries`),
  'post /api/webhooks/{id}/deliveries/{did}/replay': one((n) => `/api/webhooks/${n.webhook}/deliveries/${n.delivery}/replay`),
  'get /api/tracks/{id}': one((n) => `/api/tracks/${n.track}`),
  'patch /api/tracks/{id}': one((n) => `/api/tracks/${n.track}`, { body: { public: true } }),
  'put /api/tracks/{id}/media/{role}': (n) => ({
    path: `/api/tracks/${n.track}/media/audio`,
    headers: { 'content-type': 'application/octet-stream' },
  }),
  'delete /api/tracks/{id}': one((n) => `/api/tracks/${n.track}`),
  'post /api/galleries/{id}/tracks': (n) => ({ path: `/api/galleries/${n.gallery}/tracks`, body: { tracks: [n.track] } }),
  'get /api/galleries/{id}/placements': one((n) => `/api/galleries/${n.gallery}/placements`),
  'get /api/galleries/{id}/placements/{placement}': one((n) => `/api/galleries/${n.gallery}/placements/${n.placement}`),
  'post /api/galleries/{id}/placements/{placement}/retry': one((n) => `/api/galleries/${n.gallery}/placements/${n.placement}/retry`),
  'post /api/rescue/run': (n) => ({ path: '/api/rescue/run', body: { trackId: n.track } }),
  'get /api/g/{slug}': one((n) => `/api/g/${n.slug}`),
  'post /api/g/{slug}/unlock': one((n) => `/api/g/${n.slug}/unlock`, { body: { password: 'a guess' } }),
  'get /media/{asset}/{kind}': one((n) => `/media/${n.asset}/original`),
  'post /api/uploads': (n) => ({ path: '/api/uploads', headers: beginning(n.gallery) }),
  'patch /api/uploads/{id}': one((n) => `/api/uploads/${n.upload}`, { headers: piece }),
  'delete /api/uploads/{id}': one((n) => `/api/uploads/${n.upload}`, { headers: tus }),
  'head /api/uploads/{id}': one((n) => `/api/uploads/${n.upload}`, { headers: tus }),
}
// 003 has the same exports at another address
for (const [route, probe] of Object.entries(probes).filter(([name]) => name.includes('{id}/exports')))
  probes[route.replace('galleries', 'albums')] = (names) => {
    const asked = probe(names)
    return { ...asked, path: asked.path.replace('galleries', 'albums') }
  }
/** Routes that name nothing of anybody, and why. */
const nobodys: Record<string, string> = {
  'get /api/setup': 'says only whether there is an account',
  'post /api/setup': 'needs the code from the console',
  'get /api/session': 'one’s own',
  'post /api/session': 'needs the password',
  'delete /api/session': 'one’s own',
  'post /api/session/code': 'needs the password before it',
  'post /api/session/passkey/options': 'the same for everybody',
  'post /api/session/passkey': 'needs the passkey',
  'get /api/session/ways': 'says only how one may sign in',
  'get /api/session/oidc': 'leads to the other sign-in',
  'get /api/session/oidc/callback': 'needs what the other sign-in says',
  'get /api/overview': 'one’s own',
  'get /api/account': 'one’s own',
  'patch /api/account': 'one’s own',
  'post /api/account/password': 'one’s own',
  'get /api/account/passkeys': 'one’s own',
  'post /api/account/passkeys/options': 'one’s own',
  'post /api/account/passkeys': 'one’s own',
  'post /api/account/second-factor': 'one’s own',
  'post /api/account/second-factor/confirm': 'one’s own',
  'post /api/account/second-factor/off': 'one’s own',
  'get /api/jobs': 'one’s own',
  'post /api/jobs/retry': 'one’s own, and a foreign one is answered as none (jobs.test.ts)',
  'get /api/usage': 'one’s own',
  'get /api/admin/health': 'for admins, of the installation',
  'get /api/admin/installation': 'for admins, of the installation',
  'post /api/admin/storage-test': 'for admins, of the installation',
  'post /api/admin/mail-test': 'for admins, of the installation',
  'get /api/users': 'for admins',
  'patch /api/users/{id}': 'for admins, an account of the installation',
  'post /api/users/{id}/invitation': 'for admins, an account of the installation',
  'get /api/invitations/{token}': 'the address itself is the right',
  'post /api/invitations/{token}': 'the address itself is the right',
  'get /api/settings': 'one’s own',
  'patch /api/settings': 'one’s own',
  'get /api/watermark': 'one’s own',
  'patch /api/watermark': 'one’s own',
  'delete /api/watermark': 'one’s own',
  'get /api/watermark/image': 'one’s own',
  'put /api/watermark/image': 'one’s own',
  'get /api/keys': 'one’s own',
  'post /api/keys': 'one’s own',
  'post /api/users': 'for admins',
  'get /api/galleries': 'one’s own',
  'post /api/galleries': 'one’s own',
  'post /api/galleries/bulk-archive': 'answers for each, and for a foreign one as for none (journeys/retire.test.ts)',
  'post /api/galleries/bulk-restore': 'answers for each, and for a foreign one as for none (journeys/retire.test.ts)',
  'get /api/letters': 'one’s own',
  'get /api/suppressions': 'one’s own',
  'get /api/tracks': 'one’s own',
  'post /api/tracks': 'one’s own',
  'get /api/rescue/statistics': 'one’s own',
  'get /api/rescue/placements': 'one’s own',
  'get /api/rescue/placements/progress': 'one’s own',
  'get /api/rescue/work': 'one’s own',
  'get /api/rescue/work/progress': 'one’s own',
  'post /functions/v1/archive-tracks': 'needs CRON_SECRET, or a key: then one’s own',
  'get /api/webhooks': 'one’s own',
  'post /api/webhooks': 'one’s own',
  'post /api/ingest/resend': 'needs the signature of the mail service',
  'post /api/ingest/providers/{name}': 'needs the signature of the provider',
  'post /api/ingest/s3-events': 'needs S3_EVENTS_SECRET',
  'get /unsubscribe/{token}': 'the link itself is the right',
  'post /unsubscribe/{token}': 'the link itself is the right',
  'options /api/uploads': 'says what the protocol can do',
  'post /admin/albums': 'for admins, a gallery of one’s own',
  'get /api/admin/archives': 'one’s own',
  'get /api/admin/maintenance': 'for admins, counts',
  'post /api/admin/reconcile': 'for admins, of the whole store (compare.test.ts)',
  'get /api/cron/process-archives': 'needs CRON_SECRET',
  'post /api/cron/process-archives': 'needs CRON_SECRET',
  'get /api/cron/expirations': 'needs CRON_SECRET',
  'post /api/cron/expirations': 'needs CRON_SECRET',
  'get /api/cron/maintenance': 'needs CRON_SECRET',
  'post /api/cron/maintenance': 'needs CRON_SECRET',
  'get /api/cron/cleanup': 'needs CRON_SECRET',
  'post /api/cron/cleanup': 'needs CRON_SECRET',
  'get /d/{token}': 'the link itself is the right',
  'get /d/{token}/progress': 'the link itself is the right',
  'post /d/{token}': 'the link itself is the right',
  'get /s/{token}': 'the link itself is the right',
  'post /s/{token}': 'the link itself is the right',
  'post /g/{slug}': 'anybody, and the same answer for every address',
  'get /extend/{token}': 'the link itself is the right',
  'post /extend/{token}': 'the link itself is the right',
  'get /api/activity': 'one’s own; for admins everybody’s, without names',
  'get /api/notifications': 'one’s own',
  'get /api/pages/{name}/{locale}': 'for admins',
  'post /api/pages/preview': 'for admins',
  'put /api/pages/{name}/{locale}': 'for admins',
  'delete /api/pages/{name}/{locale}': 'for admins',
}

/** What somebody may do who may look and not download: everything else of their gallery is closed to them. */
const looking = new Set(
  [
    'get /api/g/{slug}',
    'post /api/g/{slug}/unlock',
    'get /api/g/{slug}/favorites',
    'put /api/g/{slug}/items/{item}/favorite',
    'delete /api/g/{slug}/items/{item}/favorite',
    'get /api/g/{slug}/feedback',
    'post /api/g/{slug}/favorites/send',
    'put /api/g/{slug}/me',
    'delete /api/g/{slug}/me',
    'put /api/g/{slug}/items/{item}/like',
    'delete /api/g/{slug}/items/{item}/like',
    'put /api/g/{slug}/items/{item}/rating',
    'delete /api/g/{slug}/items/{item}/rating',
    'get /api/g/{slug}/items/{item}/comments',
    'post /api/g/{slug}/items/{item}/comments',
  ].sort(),
)

/** A gallery that nobody may know yet, with one of everything; letters exist only of a published one. */
async function thingsOf(t: TestContext): Promise<{ installation: Installation; ida: Person; names: Names; shown: Names }> {
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start())
  // nobody is there, so its messages wait
  const url = 'https://hooks.invalid/keepsake'
  const webhook = await ida.ask<NewWebhook>('/api/webhooks', { method: 'POST', body: { url } })
  // closed to its plain address: who comes near has a link
  const shown = await createGallery(ida, { title: 'Shown', public: false })
  const draft = await createGallery(ida, { title: 'Not shown yet' })
  for (const { id } of [shown, draft]) {
    await sendPhotos(installation, ida, id, await photos(2, 30_000))
    await ida.ask(`/api/galleries/${id}/clients`, { method: 'POST', body: { email: 'mara@example.com' } })
  }
  await publish(ida, shown.id)
  await readyArchive(ida, shown.id)
  await ida.ask(`/api/galleries/${draft.id}/download`)
  const archive = await readyArchive(ida, draft.id)
  const [item] = await allOf<Item>(ida, `/api/galleries/${draft.id}/items`)
  const [client] = (await ida.ask<{ rows: Client[] }>(`/api/galleries/${draft.id}/clients`)).body.rows
  const [link] = (await ida.ask<{ rows: { id: string }[] }>(`/api/galleries/${draft.id}/links`)).body.rows
  const [letter] = await allOf<Letter>(ida, '/api/letters')
  const secret = readFileSync(path.join(installation.dir, 'token-secret'), 'utf8').trim()
  await ida.ask(`/unsubscribe/${mintLetterToken('unsubscribe', letter!.id, [secret])}`, { method: 'POST' })
  const [suppression] = await allOf<Suppression>(ida, '/api/suppressions')
  const key = await ida.ask<NewApiKey>('/api/keys', { method: 'POST', body: { name: 'mine', scopes: ['galleries:read'] } })
  const exported = await ida.ask<ExportAnswer>(`/api/galleries/${draft.id}/exports`, { method: 'POST', body: { all: true } })
  const exportId = exported.body.export.id
  await until(async () => (await ida.ask(`/api/galleries/${draft.id}/exports/${exportId}/download`)).status === 200, { what: 'the export' })
  // guests say nothing about a draft: this one was shown before
  const said = '01900000-0000-7000-8000-00000000feed'
  await installation.sql(
    `insert into feedback (id, gallery_id, item_id, kind, comment, guest_identifier, created_at) values ($1, $2, $3, 'comment', 'Lovely', 'guest 1', now())`,
    [said, draft.id, item!.id],
  )
  const [delivery] = await allOf<WebhookDelivery>(ida, `/api/webhooks/${webhook.body.id}/deliveries`)
  const song = { title: 'Lovely', audio_url: 'https://songs.invalid/1.mp3' }
  const track = await ida.ask<AddedTracks>('/api/tracks', { method: 'POST', body: song })
  // of a track that was saved; nothing else here needs one
  const placement = '01900000-0000-7000-8000-00000000beef'
  await installation.sql(
    `insert into placements (id, gallery_id, owner_id, created_at, touched_at, ended_at)
     select $1, id, owner_id, now(), now(), now() from galleries where id = $2`,
    [placement, draft.id],
  )
  const begun = await ida.ask('/api/uploads', { method: 'POST', headers: beginning(draft.id) })
  const notification = '01900000-0000-7000-8000-00000000aaaa'
  await installation.sql(
    `insert into notifications (id, user_id, kind, gallery_id, created_at)
     select $1, owner_id, 'gallery_expired', id, now() from galleries where id = $2`,
    [notification, draft.id],
  )
  const passkey = '01900000-0000-7000-8000-00000000face'
  await installation.sql(
    `insert into passkeys (id, user_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
     select $1, owner_id, 'AAAA', '', 0, '{}', false, 'hers', now() from galleries where id = $2`,
    [passkey, draft.id],
  )
  const names = {
    gallery: draft.id,
    slug: draft.slug,
    item: item!.id,
    asset: item!.asset_id,
    archive: archive.id,
    client: client!.id,
    link: link!.id,
    letter: letter!.id,
    suppression: suppression!.id,
    notification,
    key: key.body.id,
    passkey,
    upload: begun.headers.get('location')!.split('/').at(-1)!,
    export: exportId,
    feedback: said,
    webhook: webhook.body.id,
    delivery: delivery!.id,
    track: track.body.tracks[0]!.id,
    placement,
  }
  const [photo] = await allOf<Item>(ida, `/api/galleries/${shown.id}/items`)
  const theirs = { gallery: shown.id, slug: shown.slug, item: photo!.id, asset: photo!.asset_id }
  return { installation, ida, names, shown: { ...names, ...theirs, archive: (await readyArchive(ida, shown.id)).id } }
}

const unknown = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`

test('what belongs to somebody else answers like what does not exist, on every route', { timeout: 300_000 }, async (t) => {
  const { installation, ida, names, shown } = await thingsOf(t)
  const nothing = Object.fromEntries(Object.keys(names).map((key, n) => [key, unknown(n + 1)])) as unknown as Names
  await ida.ask('/api/users', { method: 'POST', body: { name: 'Jonas', email: 'jonas@example.com', password, role: 'owner' } })
  const jonas = await signIn(installation, 'jonas@example.com')
  const made = await jonas.ask<NewApiKey>('/api/keys', {
    method: 'POST',
    body: { name: 'his', scopes: ['galleries:read', 'galleries:write'] },
  })
  await ida.ask('/api/users', { method: 'POST', body: { name: 'Ada', email: 'ada@example.com', password, role: 'admin' } })
  const viewer = await cameAs(installation, ida, shown, 'view')
  const keyOf = async (person: Person, name: string, ...scopes: string[]) => {
    const { body } = await person.ask<NewApiKey>('/api/keys', { method: 'POST', body: { name, scopes } })
    return guest(installation.url, { authorization: `Bearer ${body.key}` })
  }
  const askers = {
    jonas,
    'the other admin': await signIn(installation, 'ada@example.com'),
    'who may download another gallery': await cameAs(installation, ida, shown, 'download'),
    'who may look at another gallery': viewer,
    'her key for numbers': await keyOf(ida, 'numbers', 'metrics:read'),
    'his key': guest(installation.url, { authorization: `Bearer ${made.body.key}` }),
    nobody: guest(installation.url),
  }

  const routes = await routesOf(ida)
  await t.test('every route of the API is in one of the two lists, and no list names another', () => {
    assert.deepEqual(routes, [...Object.keys(probes), ...Object.keys(nobodys)].sort())
  })
  for (const [route, probe] of Object.entries(probes)) {
    const method = route.split(' ')[0]!.toUpperCase()
    for (const [who, asker] of Object.entries(askers))
      await t.test(`${route}, asked by ${who}`, async () => {
        const foreign = await answerOf(asker, { method, ...probe(names) })
        assert.deepEqual(foreign, await answerOf(asker, { method, ...probe(nothing) }))
        assert.ok([401, 403, 404].includes(foreign.status), `${foreign.status}`)
      })
  }
  const his = await createGallery(jonas, { title: 'His own' })
  await sendPhotos(installation, jonas, his.id, await photos(1, 30_000))
  await publish(jonas, his.id)
  const door = { gallery: his.id, slug: his.slug }
  for (const [route, probe] of Object.entries(probes)) {
    const method = route.split(' ')[0]!.toUpperCase()
    const through = probe({ ...names, ...door })
    const beside = probe({ ...nothing, ...door })
    if (through.path === beside.path) continue
    await t.test(`${route}, asked by jonas through his own gallery`, async () => {
      const foreign = await answerOf(jonas, { method, ...through })
      assert.deepEqual(foreign, await answerOf(jonas, { method, ...beside }))
      // what takes a mark back, or lists none, says so of items that are not there as well
      assert.ok([200, 204, 401, 403, 404].includes(foreign.status), `${foreign.status}`)
    })
  }
  const reads = await keyOf(ida, 'reads', 'galleries:read')
  const writes = await keyOf(ida, 'writes', 'galleries:write')
  for (const [route, probe] of Object.entries(probes)) {
    const method = route.split(' ')[0]!.toUpperCase()
    // HEAD asks how far an upload is: who sends it must know
    const isReading = method === 'GET'
    await t.test(`${route} of her own gallery, asked by a key that may not ${isReading ? 'read' : 'write'}`, async () => {
      const { status } = await (isReading ? writes : reads).ask(probe(names).path, { method, ...probe(names) })
      assert.ok([401, 403, 404].includes(status), `${status}`)
    })
    await t.test(`${route}, asked by somebody who may look and not download`, async () => {
      const { status } = await viewer.ask(probe(shown).path, { method, ...probe(shown) })
      // 409: their name is known, and nobody takes another
      if (looking.has(route)) assert.ok(status < 300 || status === 409, `${status}`)
      else assert.ok([401, 403, 404].includes(status), `${status}`)
    })
  }
  await t.test('and its owner still has everything', async () => {
    for (const [route, probe] of Object.entries(probes).filter(([name]) => name.startsWith('get ') && !name.includes('/api/g/'))) {
      const { path } = probe(names)
      const { status } = await ida.ask(path)
      assert.ok(status < 300, `${route} answers ${status} to its owner`)
    }
    const { body } = await ida.ask<Gallery>(`/api/galleries/${names.gallery}`)
    assert.deepEqual([body.title, body.photos, body.state], ['Not shown yet', 2, 'draft'])
    assert.equal((await allOf<ApiKey>(ida, '/api/keys')).filter((key) => !key.revoked_at).length, 4)
    assert.equal((await allOf(ida, '/api/account/passkeys')).length, 1)
    assert.deepEqual(
      (await allOf<Webhook>(ida, '/api/webhooks')).map((one) => [one.state, one.old_secret_until]),
      [['active', null]],
    )
    assert.equal((await allOf<Archive>(ida, `/api/galleries/${names.gallery}/archives`)).length, 1)
  })
})

/** A client of that gallery who came by their own link. */
async function cameAs({ url }: Installation, ida: Person, { gallery }: Names, permission: 'view' | 'download'): Promise<Person> {
  const client = { email: `${permission}@example.com`, permission, notify_on_archive: false }
  const { body } = await ida.ask<Client>(`/api/galleries/${gallery}/clients`, { method: 'POST', body: client })
  const link = await ida.ask<NewLink>(`/api/galleries/${gallery}/clients/${body.id}/link`, { method: 'POST' })
  const person = guest(url)
  assert.equal((await person.ask(new URL(link.body.url).pathname)).status, 303)
  return person
}

/** `get /api/galleries/{id}` of every route that the service describes. */
async function routesOf(person: Person): Promise<string[]> {
  const { body } = await person.ask<{ paths: Record<string, Record<string, unknown>> }>('/api/openapi.json')
  const all = Object.entries(body.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
  // HEAD beside GET is the same route
  return all.filter((route) => !(route.startsWith('head ') && all.includes(route.replace('head ', 'get ')))).sort()
}

/** Status, body and headers without what is new in every answer. */
async function answerOf(asker: Person, { path, ...asking }: Asking & { path: string }) {
  const { status, body, headers } = await asker.ask<object>(path, asking)
  const fixed = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
  const { request_id: _, ...rest } = typeof body === 'object' ? (body as { request_id?: string }) : { text: body }
  return { status, body: rest, headers: Object.fromEntries(fixed) }
}
