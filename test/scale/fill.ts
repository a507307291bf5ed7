/**
 * Fills a migrated, empty database with an installation of a given size: every table, in the shares that a studio of two years
 * would have, owned by three kinds of people (nearly everything belongs to the first; the last has five old galleries).
 *
 * One transaction with the triggers of foreign keys off and every index built behind its rows. What is here points at rows that
 * exist; `checkFill` counts what does not.
 */
import { sql } from 'kysely'
import { jobRules } from '../../src/domain/jobs.ts'
import type { Database } from '../../src/ports/database/port.ts'

export interface Size {
  galleries: number
  /** in each gallery */
  photos: number
  /** more of them in the last gallery */
  bigGallery: number
  /** jobs that have ended in the last day */
  endedJobs: number
}

/** The day on which the installation stands. */
export const today = new Date('2026-06-06T10:00:00Z')

/** Answers the seconds that each table took. */
export async function fill(db: Database, size: Size, say: (line: string) => void = () => {}): Promise<void> {
  await db
    .withoutPlugins()
    .connection()
    .execute(async (one) => {
      const run = (text: string) => sql.raw(text).execute(one)
      await run('begin')
      await run('set local statement_timeout = 0')
      await run(`set local session_replication_role = replica`)
      await run(`set local maintenance_work_mem = '512MB'`)
      await run(seed(size.galleries))
      const tables = Object.keys(rows(size))
      await run(`truncate ${tables.filter((name) => !name.startsWith('queue.')).join(', ')} cascade`)
      for (const [name, text] of Object.entries(rows(size))) {
        const begun = performance.now()
        // no index is kept up to date row by row: `reindex` makes them all at once and says that they hold again
        await run(`update pg_index set indisready = false where indrelid = '${name}'::regclass`)
        await run(`insert into ${name} ${text}`)
        await run(`reindex table ${name}`)
        say(`${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
      }
      await run('commit')
      await run('set statement_timeout = 0')
      await run('vacuum analyze')
      await run('reset statement_timeout')
    })
}

const now = `timestamptz '${today.toISOString()}'`

// Ids are made of a moment and a number, as ours are: what is made one after the other lies side by side.
// Fifteen kinds at most: their number is one hexadecimal digit, and not 0.
const kinds = [
  'gallery',
  'client',
  'item',
  'asset',
  'upload',
  'archive',
  'email',
  'share',
  'media',
  'file',
  'letter',
  'download',
  'export',
  'feedback',
  'placement',
]
const id = (kind: string, n: string, hours = '0') => {
  const which = BigInt(kinds.indexOf(kind) + 1) << 56n
  return `('0' || to_hex(ms + (3600000 * (${hours}))::bigint) || '7abc8' || to_hex(${which} + ${n}))::uuid`
}
const ownerOf = (n: string) => `('018cc251f400-7abc-8000-00000000000' || ${n})::uuid`

/** One row for each gallery: its number, when it was made (also in milliseconds), its id and its owner. */
const seed = (galleries: number) => `
  create temp table seed on commit drop as
  select g, at, ms, ${id('gallery', 'g')} as gallery, ${ownerOf('case when g <= 5 then 3 when g % 10 = 7 then 2 else 1 end')} as owner
  from (select g, at, (extract(epoch from at) * 1000)::bigint as ms from (
    select g, ${now} - interval '1 day' - interval '700 days' * (${galleries} - g) / ${galleries} as at from generate_series(1::bigint, ${galleries}) g) a) b`

function rows({ galleries, photos, bigGallery, endedJobs }: Size): Record<string, string> {
  const state = `case when g % 50 = 0 then 'draft' when g % 50 = 1 then 'deleted' when g % 10 = 3 then 'expired' else 'active' end`
  const client = (c = 'c') => id('client', `g * 10 + ${c}`)
  // the g-th gallery's p-th file
  const files = `seed cross join lateral generate_series(1, case when g = ${galleries} then ${photos + bigGallery} else ${photos} end) p`
  const of = (kind: string) => id(kind, 'g * 100000 + p', 'p / 3600.0')
  // every 13th job waits, whatever its name
  const names = Object.keys(jobRules)
  // one row of its own: made of no gallery's number
  const library = ownerOf('9')
  const track = id('item', 'g * 100000 + 90001', '1')
  const dead = `g % 50 = 1`
  // its originals lie inside an archive, and their old keys wait for their end
  const retired = `g % 50 = 20`
  // version 1 stands for most galleries, and has been replaced by 2 in three of ten
  const versions = `seed cross join lateral generate_series(1, case when g % 10 < 3 then 2 else 1 end) v where g % 50 <> 0`
  const archive = (v: string) => id('archive', `g * 10 + ${v}`, v)
  const newest = `case when g % 10 < 3 then 2 else 1 end`
  const old = `v = 1 and g % 10 < 3`
  const atWork = `g > ${galleries} - 20 and not (${old})`
  const recipe = `jsonb_build_object('purpose', 'delivery', 'format', 'zip', 'naming', 'original', 'slug', 'gallery-' || g)`
  // links are forgotten a year after their end
  const known = `at > ${now} - interval '372 days'`
  // exports are forgotten after a week, those that a letter was written about are not
  const told = `g % 10 = 3`
  // former nights have dealt with these
  const settled = `at < ${now} - interval '30 days'`
  const keptExport = `g % 5 = 3 and (${told} or g % 500 in (8, 108) or g > ${galleries} * 0.98)`
  // of the first owner; messages are forgotten after 30 days, in the night
  const firstHook = `(select w.id from webhooks w where w.owner_id = ${ownerOf('1')} order by w.id limit 1)`
  // photos of these lie in the bucket under a prefix of their own, those of the big gallery too
  const foreign = `(g % 10 = 4 or g = ${galleries})`
  const path = `'albums/gallery-' || g || '/photos/IMG_' || p || '.jpg'`
  const hash = (n: string) => `encode(sha256(int8send(${n})), 'hex')`
  return {
    users: `(id, name, email, role) select ${ownerOf('u')}, 'Owner ' || u, 'owner' || u || '@example.com',
      case u when 1 then 'admin' else 'owner' end from generate_series(1, 3) u`,
    galleries: `(id, owner_id, slug, title, state, event_date, customer_name, customer_email, expires_at, published_at, deleted_at, content_version, created_at, password_hash, remind_at, kind)
      select gallery, owner, 'gallery-' || g, (array['Wedding','Birthday','Concert','School'])[g % 4 + 1] || ' of ' || md5('title' || g), ${state},
        (at)::date, 'Customer ' || g, 'customer' || g || '@example.com',
        case when g % 10 = 3 then ${now} - interval '1 day' when g % 2 = 0 then ${now} + interval '1 day' * (g % 300 + 1) end,
        case when g % 50 <> 0 then at + interval '1 hour' end, case when ${dead} then at + interval '10 days' end, ${photos}, at,
        case when g % 3 = 0 then 'scrypt$' || repeat('x', 90) end,
        case when g % 10 = 3 or g % 2 = 1 then null when g % 1000 = 4 then timestamptz 'epoch'
          else ${now} + interval '1 day' * (g % 300 + 1 - case when g % 300 >= 30 then 30 when g % 300 >= 7 then 7 else 0 end) end, 'gallery' from seed
      union all select ${library}, ${ownerOf('1')}, 'tracks', 'Tracks', 'draft', null, null, null, null, null, null, 1, at, null, null, 'collection' from seed where g = 1`,
    gallery_clients: `(id, gallery_id, email, name, created_at)
      select ${client()}, gallery, 'client' || g || '.' || c || '@example.com', 'Client ' || c, at from seed, generate_series(1, 3) c`,
    items: `(id, gallery_id, kind, title, position, created_at)
      select ${of('item')}, gallery, 'photo', 'IMG_' || p, p, at + interval '1 second' * p from ${files}
      union all select ${track}, ${library}, 'track', 'Song ' || g, g, at from seed`,
    assets: `(id, gallery_id, item_id, role, original_name, mime, size, crc32, sha256, state, storage_key, storage_offset, width, height, captured_at, modified_at, render_state, created_at)
      select ${of('asset')}, gallery, ${of('item')}, 'original', 'IMG_' || p || '.jpg', 'image/jpeg', 6000000 + g * 31 % 4000000 + p, g * 100 + p,
        sha256(int8send(g * 100000 + p)), case when ${dead} then 'deleted' when p = 7 and g % 1000 = 9 then 'missing' else 'stored' end,
        case when ${foreign} then ${path} || '#' || md5('etag' || g * 100000 + p) else 'galleries/' || gallery || '/assets/' || ${of('asset')} || '.jpg' end,
        case when ${retired} then p * 8000000::bigint else 0 end, 6000, 4000, '2026-05-02T14:03:11', at,
        case when g > ${galleries} - 2 and p <= 10 then 'waiting' when p % 500 = 499 then 'failed' else 'done' end, at + interval '1 second' * p from ${files}`,
    // one a gallery: nearly all are here, some are due, some fail, and some were lost long ago
    rescues: `(item_id, owner_id, provider, provider_ref, state, made_at, expires_at, scheduled_at, due_at, fence, rounds, told, created_at, archived_at)
      select ${track}, ${ownerOf('1')}, 'suno', g::text, s, at, at + interval '15 days', at + interval '13 days',
        case s when 'scheduled' then at + interval '13 days' when 'retrying' then ${now} + interval '1 minute' * (g % 60 - 2) end,
        1, case s when 'retrying' then 3 else 0 end, case s when 'lost' then 5 else 0 end, at, case s when 'rescued' then at + interval '13 days' end
      from seed, lateral (select case when at > ${now} - interval '13 days' then 'scheduled' when g % 200 = 3 then 'retrying' when g % 50 = 7 then 'lost' else 'rescued' end as s) k`,
    remote_media: `(item_id, role, url, state, asset_id)
      select ${track}, 'audio', 'https://cdn.example.com/' || g || '.mp3', case when p then 'stored' else 'waiting' end, case when p then ${id('asset', 'g * 100000 + 1', '1 / 3600.0')} end
      from seed, lateral (select at <= ${now} - interval '13 days' and g % 200 <> 3 and g % 50 <> 7 as p) k`,
    rescue_rounds: `(id, item_id, fence, started_at, ended_at, outcome)
      select ${id('upload', 'g * 10 + n', 'n')}, ${track}, n, at, at, case n when 1 then 'rescued' else 'failed' end from seed, generate_series(1, 3) n`,
    // of 30 days, as many as there are galleries: a few are at work, some left something out, all others ended well
    placements: `(id, gallery_id, owner_id, created_at, touched_at, ended_at, error_code, left_out)
      select ${id('placement', 'g')}, gallery, owner, p, p, case when not w then p + interval '1 minute' end, null, not w and g % 500 = 7
      from seed, lateral (select ${now} - interval '20 minutes' - interval '30 days' * (${galleries} - g) / ${galleries} as p, g > ${galleries} - 3 as w) k`,
    placement_tracks: `select ${id('placement', 'g')}, n, ${track}, case when n = 2 and g > ${galleries} - 3 then null when n = 2 and g % 500 = 7 then 'failed' else 'added' end, null
      from seed, generate_series(1, 2) n`,
    // one in a hundred is due, and closed ones among them
    gallery_sources: `(gallery_id, prefix, copy, seen, done, state, created_at, looked_at, finished_at, due_at)
      select gallery, 'albums/gallery-' || g || '/photos/', false, ${photos}, ${photos}, 'read', at, ${now} - interval '30 minutes', ${now} - interval '30 minutes',
        ${now} + interval '1 second' * (g % 3600 - 36) from seed where ${foreign} or g % 10 = 3`,
    source_notes: `select gallery, 'albums/gallery-' || g || '/photos/note-' || n || '.jpg#' || md5('note' || n), case n when 1 then 'skipped' else 'duplicate' end,
        case n when 1 then 'no photo' end from seed cross join generate_series(1, 3) n where ${foreign}`,
    derivatives: `(asset_id, kind, storage_key, mime, size, width, height, crc32, sha256)
      select ${of('asset')}, kind, 'galleries/' || gallery || '/derivatives/' || ${of('asset')} || '-' || kind || '.webp', 'image/webp',
        case kind when 'preview' then 300000 when 'medium' then 90000 else 20000 end + p, 2048, 1365, g * 100 + p, sha256(int8send(g * 100000 + p))
      from ${files} cross join unnest(array['preview', 'medium', 'thumbnail']) kind where g % 4 = 0 and not ${dead}`,
    uploads: `(id, gallery_id, owner_id, asset_id, name, size, received, modified_at, created_at, touched_at, finished_at)
      select ${of('upload')}, gallery, owner, ${of('asset')}, 'IMG_' || p || '.jpg', 6000000, case when p % 400 = 399 then 1000 else 6000000 end,
        at, ${now} - interval '6 days' + interval '1 second' * p, ${now} - interval '6 days' + interval '1 second' * p,
        case when p % 400 <> 399 then ${now} - interval '6 days' end from ${files} where g % 100 = 0 or g = ${galleries}`,
    archives: `(id, gallery_id, version, purpose, status, fence, attempts, recipe, recipe_hash, images_hash, plan_hash, content_version, storage_key, file_size_bytes,
        checksum, image_count, source, requested_by, announce, progress_at, created_at, started_at, completed_at, verified_at, retained_until, superseded_by, entries_gone)
      select ${archive('v')}, gallery, v, 'delivery', case when ${old} then 'deleted' when ${atWork} then 'processing' else 'ready' end, 1, 1, ${recipe},
        ${hash('g')}, ${hash('g * 10 + v')}, ${hash('-g * 10 - v')}, ${photos},
        'galleries/' || gallery || '/archives/' || v || '-1.zip', ${photos} * 8000000::bigint, ${hash('g * 10 + v')}, ${photos}, 'publish',
        owner, true, at + interval '2 hours', at + interval '1 hour' * v, at + interval '1 hour' * v, at + interval '2 hours',
        case when not (${atWork}) then at + interval '2 hours' end, at + case when ${old} then interval '30 days' else interval '730 days' end,
        case when ${old} then ${archive('2')} end, false from ${versions}
      union all
      select ${archive('5')}, gallery, 1, 'selection', case g % 500 when 8 then 'ready' when 108 then 'failed' when 208 then 'cancelled' else 'expired' end, 1, 1,
        ${recipe} || jsonb_build_object('purpose', 'selection', 'size', 'original', 'choice', ${hash('g')}, 'part', null),
        ${hash('g * 10 + 5')}, ${hash('g * 10 + 5')}, ${hash('-g * 10 - 5')}, ${photos},
        'galleries/' || gallery || '/exports/' || ${archive('5')} || '-1.zip', 20 * 8000000::bigint, ${hash('g * 10 + 5')}, 20, 'export',
        null, false, at + interval '5 hours', at + interval '5 hours', at + interval '5 hours', at + interval '6 hours',
        at + interval '6 hours', case g % 500 when 8 then ${now} + interval '10 hours' else at + interval '18 hours' end, null,
        g % 500 not in (8, 108) and ${settled}
      from seed where g % 5 = 3`,
    archive_proofs: `select ${archive(newest)}, ${archive(newest)}, ${hash('g')}, at from seed where ${retired}`,
    purges: `select 'galleries/' || gallery || '/assets/' || ${of('asset')} || '-old.jpg', ${of('asset')}, gallery, ${archive(newest)}, ${now} + interval '1 hour' * (g % 150 - 3)
      from ${files} where ${retired}`,
    salvages: `(gallery_id, fence, status, archive_id, dry_run, asked_at, read_bytes, found)
      select gallery, 2, case when g % 1000 = 20 then 'queued' else 'done' end, ${archive(newest)}, false, at, 0, '{}' from seed where ${retired}`,
    archive_entries: `(archive_id, position, asset_id, path, size, crc32, sha256, mtime, content, status)
      select ${archive('v')}, p - 1, case when p <= ${photos} then ${of('asset')} end, 'gallery-' || g || '/photos/IMG_' || p || '.jpg', 6000000, p, sha256(int8send(g * 100000 + p)),
        at, case when p > ${photos} then sha256(int8send(p)) || sha256(int8send(g)) end, 'ok'
      from (select * from ${versions} and g % 5 = 0) t cross join generate_series(1, ${photos} + 2) p
      union all select ${archive('5')}, p - 1, ${of('asset')}, 'gallery-' || g || '/photos/IMG_' || p || '.jpg', 6000000, p, sha256(int8send(g * 100000 + p)), at, null, 'ok'
      from seed cross join generate_series(1, least(20, ${photos})) p where g % 500 in (8, 108)`,
    links: `(id, kind, gallery_id, archive_id, asset_id, client_id, issued_at, expires_at, first_used_at, last_used_at)
      select ${id('email', 'g * 100000 + c', '2')}, 'email', gallery, ${archive(newest)}, null::uuid, ${client()}, at + interval '2 hours', at + interval '7 days',
        at + interval '1 day', at + interval '1 day' from seed, generate_series(1, 3) c where g % 50 <> 0 and ${known}
      union all select ${id('share', 'g * 100000 + c', '2')}, 'share', gallery, null, null, ${client()}, at + interval '2 hours', at + interval '367 days', null, null
        from seed, generate_series(1, 3) c where g % 50 <> 0
      union all select ${id('media', 'g * 100000 + p', '2')}, 'media', gallery, null, ${of('asset')}, null, at + interval '3 hours', at + interval '9 hours', null, null
        from seed, generate_series(1, 5) p where g % 50 <> 0 and ${known}
      union all select ${id('file', 'g * 100000 + p', '2')}, 'file', gallery, null, ${of('asset')}, null, ${now} - interval '1 hour' * (p % 48), ${now} - interval '1 hour' * (p % 48 - 1), null, null
        from seed, generate_series(1, ${photos + bigGallery}) p where g = ${galleries}`,
    letters: `(id, dedupe_key, kind, gallery_id, owner_id, archive_id, link_id, export_id, recipient, locale, status, attempts, created_at, sent_at)
      select ${id('letter', 'g * 10 + c', '2')}, 'ready ' || ${archive(newest)} || ' client' || g || '.' || c || '@example.com', 'archive_ready',
        gallery, owner, ${archive(newest)}, case when ${known} then ${id('email', 'g * 100000 + c', '2')} end, null::uuid, 'client' || g || '.' || c || '@example.com', 'en',
        case when g > ${galleries} - 5 then 'queued' else 'sent' end, 1, at + interval '2 hours', at + interval '2 hours'
      from seed, generate_series(1, 3) c where g % 50 <> 0
      union all select ${id('letter', 'g * 10 + 5', '6')}, 'export ' || g, 'export_ready', gallery, owner, null, null, ${id('export', 'g', '5')},
        'guest' || g || '@example.com', 'en', 'sent', 1, at + interval '6 hours', at + interval '6 hours' from seed where ${told}`,
    downloads: `(id, gallery_id, archive_id, plan_hash, size, reader, link_id, client_id, received, received_bytes, bytes, count, agent, first_at, last_at, complete_at, told_in)
      select ${id('download', 'g * 10 + c', '24')}, gallery, ${archive(newest)}, ${hash(`-g * 10 - (${newest})`)},
        ${photos} * 8000000::bigint, 'client:' || ${client()}, case when ${known} then ${id('email', 'g * 100000 + c', '2')} end, ${client()}, '{}', 0, ${photos} * 8000000::bigint, 1, 'Chrome',
        at + interval '1 day', at + interval '1 day', at + interval '1 day',
        case when g <= ${galleries} * 0.99 then ${id('letter', 'g * 10 + c', '2')} end
      from seed, generate_series(1, 2) c where g % 50 not in (0, 1)`,
    exports: `(id, gallery_id, requester, status, locale, created_at, ready_at, expires_at, ended_at, kept)
      select ${id('export', 'g', '5')}, gallery, 'guest ' || md5('guest' || g), case g % 500 when 8 then 'ready' when 108 then 'failed' when 208 then 'cancelled' else 'expired' end,
        'en', at + interval '5 hours', at + interval '6 hours', case g % 500 when 8 then ${now} + interval '10 hours' end,
        case when g % 500 = 8 then null when ${told} and ${settled} then at + interval '18 hours' else ${now} - interval '6 days' + interval '1 second' * (g % 1000) end,
        g % 500 <> 8 and ${told} and ${settled} from seed where ${keptExport}`,
    export_parts: `select ${id('export', 'g', '5')}, 1, ${archive('5')} from seed where ${keptExport}`,
    feedback: `(id, gallery_id, item_id, kind, comment, guest_identifier, created_at)
      select ${id('feedback', 'g * 10 + p', '3')}, gallery, ${of('item')}, kind, case kind when 'comment' then 'Lovely' end, 'guest ' || md5('guest' || g), at + interval '3 hours'
      from seed, generate_series(1, 5) p, lateral (select case p when 5 then 'comment' else 'favorite' end as kind) k`,
    feedback_guests: `select gallery, 'guest ' || md5('guest' || g), 'Guest ' || g, null, at + interval '3 hours' from seed`,
    activity: `(id, at, actor, action, gallery_id, owner_id)
      select ${id('upload', 'g * 10 + n', 'n')}, at + interval '1 hour' * n, 'system', (array['published','archive_asked','archive_ready','client_added'])[n % 4 + 1],
        gallery, owner from seed, generate_series(1, 6) n`,
    notifications: `(id, user_id, kind, gallery_id, created_at, read_at)
      select ${id('letter', 'g', '20')}, owner, 'gallery_expired', gallery, at + interval '20 hours',
        case when g < ${galleries} * 0.99 then at + interval '30 hours' end from seed where g % 10 = 3`,
    suppressions: `(id, owner_id, address, reason, since)
      select ${id('letter', 'g', '9')}, owner, 'client' || g || '.3@example.com', 'bounce', at from seed where g % 100 = 5`,
    webhooks: `(id, owner_id, url, types, secret, state, created_at)
      select ${id('client', 'u * 10 + w')}, ${ownerOf('u')}, 'https://hooks.example.com/' || w, '{archive.ready,event.deleted}', sha256(int8send(u)), 'active', at
      from seed, generate_series(1, 3) u, generate_series(1, 3) w where g = 1`,
    webhook_deliveries: `(id, webhook_id, gallery_id, type, dedupe_key, body, status, attempts, next_at, answer_status, created_at, tried_at, sent_at)
      select ${id('letter', 'g * 100 + p')}, ${firstHook}, gallery, 'archive.ready', 'archive.ready ' || g || ' ' || p, '{}',
        case when g > ${galleries} - 5 then 'queued' when p = 7 then 'failed' else 'sent' end, 1, at, 200, at, at, case when p <> 7 then at end
      from seed, generate_series(1, 20) p where at > ${now} - interval '35 days'`,
    mail_events: `select md5('event' || g), ${now} - interval '25 days' * g / ${galleries} from seed`,
    throttles: `select 'gallery ' || md5('throttle' || g), 1, null, ${now} - interval '20 hours' * g / ${galleries} from seed`,
    garbage: `(key, reason, not_before) select 'galleries/' || gallery || '/archives/1-1.zip', 'retention over', ${now} + interval '1 second' * (g % 86400 - 60) from seed where g % 10 < 3`,
    'queue.job_common': `(name, data, state, policy, singleton_key, group_id, start_after, created_on, started_on, completed_on, retry_limit, retry_delay, retry_backoff, expire_seconds, keep_until, deletion_seconds)
      select name, jsonb_build_object(key, kid), state::queue.job_state, 'short', kid, kid, at, at, case when state in ('active', 'completed') then at end, case when state = 'completed' then at end,
        3, 2, true, 300, at + interval '3650 days', 86400
      from (
        select 'asset.render' as name, 'assetId' as key, md5('job' || n) as kid, 'completed' as state, now() - interval '23 hours' * n / ${endedJobs} as at from generate_series(1, ${endedJobs}) n
        union all select name, 'id', md5(name || n), 'created', now() - interval '1 second' * n from unnest(array['${names.join("','")}']) name, generate_series(1, ${Math.round((endedJobs * 0.08) / names.length)}) n
      ) j`,
  }
}
