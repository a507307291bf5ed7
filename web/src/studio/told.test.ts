import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { errorTable } from '../../../src/base/errors.ts'
import { jobRules } from '../../../src/domain/jobs.ts'
import { sentenceOf } from '../ui/refusal.ts'
import { told as guestDe } from '../ui/told.de.ts'
import { told as guestRu } from '../ui/told.ru.ts'
import { inWords, reasonOf, type Told } from '../ui/told.ts'
import { particulars as moreDe } from './particulars.de.ts'
import { particulars as moreRu } from './particulars.ru.ts'
import { findingOf } from './settings/finding.ts'
import { jobWords } from './settings/job-words.ts'
import { told as ownDe } from './told.de.ts'
import { told as english } from './told.en.ts'
import { told as ownRu } from './told.ru.ts'

const languages: Record<'de' | 'ru', Told> = { de: { ...guestDe, ...ownDe, ...moreDe }, ru: { ...guestRu, ...ownRu, ...moreRu } }
const source = (file: string) => readFileSync(path.join(import.meta.dirname, '../../../src', file), 'utf8')

// what no page can be told, and why
const forPrograms: Record<string, string> = {
  unsupported_type: 'pages send JSON',
  method_not_allowed: 'pages ask as the API describes it',
  cron_off: 'asked by cron alone',
  cron_refused: 'asked by cron alone',
  events_refused: 'asked by a store alone',
  signature_invalid: 'asked by a mail service or a provider alone',
  key_scope: 'a browser has no API key',
  folder_unreadable: 'folders are named on the command line and by the API',
  schema_newer: 'the service does not start',
}

test('every code that a page can be told has a sentence in German and Russian; in English it is the server’s own', () => {
  for (const [code, [, sentence]] of Object.entries(errorTable)) {
    const [de = '', ru = ''] = [languages.de[code], languages.ru[code]]
    if (code in forPrograms) assert.deepEqual([de, ru], ['', ''], `${code} has a sentence, so it is no exception`)
    else {
      assert.match(de, /^[A-ZÄÖÜ].*[a-zäöü].*[.)]$/, code)
      assert.match(ru, /^[А-ЯЁ].*[а-яё].*[.)]$/, code)
      assert.notEqual(de, sentence, code)
    }
  }
  for (const code of Object.keys(forPrograms)) assert.ok(code in errorTable, code)
})

test('German and Russian know the same, with what differs in the same number of places', () => {
  const holes = (text: string) => text.split('{}').length
  const pairs: [Told, Told][] = [
    [guestDe, guestRu],
    [ownDe, ownRu],
    [moreDe, moreRu],
  ]
  for (const [de, ru] of pairs) {
    assert.deepEqual(Object.keys(de).sort(), Object.keys(ru).sort())
    for (const [key, words] of [...Object.entries(de), ...Object.entries(ru)])
      if (key.includes('{}') && words.includes('{}')) assert.equal(holes(words), holes(key), words)
    for (const words of Object.values(ru)) assert.ok(words === '' || /[а-яё]/i.test(words), words)
  }
  const reasons = ['bounce', 'complaint', 'unsubscribe', 'json']
  for (const key of Object.keys(languages.de).filter((key) => /^[a-z_]+$/.test(key)))
    assert.ok(key in errorTable || reasons.includes(key), `${key} is no code any more`)
  for (const key of Object.keys(english)) assert.ok(key in languages.de, key)
})

test('what the server says of files, other servers and its own health is known word for word', () => {
  const quoted = (file: string, pattern: RegExp) => [...source(file).matchAll(pattern)].map((m) => m[1]!)
  const refused = quoted('ports/http/safe.ts', /refused\('([^']+)'\)/g).map((reason) => `This address is not used: ${reason}.`)
  const bySystem = quoted('ports/http/safe.ts', /^ {2}[A-Z_]+: '([^']+)',$/gm).map((words) => `${words} (ECODE)`)
  const doctor = quoted('features/operations/doctor.ts', /(?:return|found:|remedy:|[?:]) '([^']+ [^']*)'/g)
  const lists = {
    refused,
    bySystem,
    lost: quoted('ports/http/safe.ts', /(?:lost\(|within\([\w.]+, )'([^']+)'/g),
    files: quoted('domain/media-check/unreadable.ts', /^ {2}\w+: '([^']+)',$/gm),
    webhooks: quoted('features/webhooks/post.ts', /error: '([^']+)'/g),
    rescue: quoted('features/rescue/fetch.ts', /reason: '((?!sha256|short)[^']+)'/g),
    doctor: [
      ...doctor,
      ...['12.3 GB free', "ours and the database's are 0.1 s apart", 'work has waited for 700 s and nobody does it'],
      ...['the oldest job has waited for 3 s', 'our own checks, and ffprobe 7.1', 'it failed'],
      '2026-11-22 03:00 UTC: 2 archives asked for again, 1 taken from stuck workers',
      '2026-11-22 03:00 UTC: 2 archives asked for again, 1 taken from stuck workers, 2 errors (wedding: internal; storage)',
    ],
  }
  for (const [name, all] of Object.entries(lists)) {
    assert.ok(all.length >= (name === 'webhooks' ? 1 : 2), `${name}: ${all.length}`)
    for (const said of all) for (const told of Object.values(languages)) assert.notEqual(inWords(told, said), said, `${name}: ${said}`)
  }
  assert.ok(lists.doctor.length > 16 && lists.files.length > 9 && lists.lost.length > 6)
  assert.equal(inWords(languages.de, '12.3 GB free'), '12.3 GB frei')
  assert.match(
    inWords(languages.de, '2026-11-22 03:00 UTC: 2 archives asked for again, 1 taken from stuck workers, 2 errors (a: b)'),
    /^2026-11-22 03:00 UTC: .*: 2, .*: 1, Fehler: 2 \(a: b\)$/,
  )
})

test('a look at the installation that failed says what to do first, then what the machine said', () => {
  const look = { check: 'storage', ok: false, found: 'storage_unreachable: marker missing', remedy: errorTable.storage_unreachable[1] }
  const { de } = languages
  assert.deepEqual(findingOf(de, look), { ...look, found: de.storage_unreachable, remedy: 'die Markierung fehlt' })
  assert.deepEqual(findingOf({}, look), { ...look, found: look.remedy, remedy: 'marker missing' })
  assert.deepEqual(findingOf(de, { ...look, found: 'unavailable', remedy: errorTable.unavailable[1] }), {
    ...look,
    found: de.unavailable,
    remedy: null,
  })
  const unforeseen = findingOf(de, { ...look, found: 'it failed', remedy: errorTable.internal[1] })
  assert.deepEqual([unforeseen.found, unforeseen.remedy], [de['it failed'], de.internal])
  const well = { check: 'database', ok: true, found: 'PostgreSQL 18.4', remedy: null }
  assert.deepEqual(findingOf(de, well), well)
})

test('every kind of job has a name in three languages', () => {
  for (const words of Object.values(jobWords)) assert.deepEqual(Object.keys(words).sort(), Object.keys(jobRules).sort())
})

test('a field that is refused is named, with what is wrong with it', () => {
  const schema = z.strictObject({
    title: z.string().min(1).max(5),
    end: z.iso.datetime(),
    day: z.iso.date(),
    to: z.email(),
    n: z.number().max(3),
  })
  const { issues } = schema.safeParse({ title: 'too long', end: 'x', day: 'x', to: 'x', n: 4 }).error!
  const { issues: missing } = schema.safeParse({ title: '', end: null }).error!
  for (const told of [english, ...Object.values(languages)])
    for (const { message } of [...issues, ...missing]) assert.notEqual(inWords(told, message), message, message)
  const refused = {
    type: 'about:blank',
    title: errorTable.bad_request[1],
    status: 400,
    code: 'bad_request',
    errors: [{ path: 'body/title', message: issues[0]!.message }],
  }
  const page = { unreachable: '', unclear: '', unreadable: '' }
  assert.equal(sentenceOf(refused, { ...page, told: languages.de }), `${languages.de.bad_request} Titel: höchstens 5 Zeichen`)
  assert.equal(sentenceOf(refused, { ...page, told: english }), `${english.bad_request} Title: at most 5 characters`)
  assert.equal(sentenceOf(refused, { ...page, told: {} }), `${errorTable.bad_request[1]} body/title: ${issues[0]!.message}`)
})

test('a reason that was noted is said by its code, with its particulars behind it; what is not known stays as it was said', () => {
  const { de } = languages
  const [, gone] = errorTable.remote_unreachable
  const cases: [string | null, string | null, string][] = [
    ['slug_taken', errorTable.slug_taken[1], de.slug_taken!],
    ['remote_unreachable', `${gone} (it answered 503)`, `${de.remote_unreachable} (Antwort: 503)`],
    [
      'remote_unreachable',
      `${gone} (there is no server of this name (ENOTFOUND))`,
      `${de.remote_unreachable} (einen Server mit diesem Namen gibt es nicht (ENOTFOUND))`,
    ],
    [
      'remote_unreadable',
      `${errorTable.remote_unreadable[1]} (It is a message for programs (JSON).)`,
      `${de.remote_unreadable} (Es ist eine Nachricht für Programme (JSON).)`,
    ],
    ['mail_refused', `${errorTable.mail_refused[1]} (550 5.1.1 no such user)`, `${de.mail_refused} (550 5.1.1 no such user)`],
    ['prefix_empty', null, de.prefix_empty!],
    ['500', 'it answered 500', 'Antwort: 500'],
    ['of_tomorrow', 'Something new.', 'Something new.'],
    [null, 'toString', 'toString'],
    ['constructor', 'valueOf', 'valueOf'],
    ['of_tomorrow', null, 'of_tomorrow'],
    [null, null, ''],
  ]
  for (const [code, text, words] of cases) assert.equal(reasonOf(de, code, text), words)
  assert.equal(reasonOf({}, 'remote_unreachable', `${gone} (it answered 503)`), `${gone} (it answered 503)`)
})
