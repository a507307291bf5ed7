import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { renderLetter } from './letter.ts'
import type { Download } from './letters/download.ts'
import type { Locale } from './letters/words.ts'

const locales: Locale[] = ['en', 'de', 'ru']
const ready: Download = {
  title: 'Mara & Jonas',
  photographer: 'Ida Lind',
  photoCount: 248,
  missing: [],
  bytes: 3_214_000_000,
  sha256: 'ab'.repeat(32),
  link: 'https://photos.example/d/abc?x=1&y=2',
  linkEnds: new Date('2026-11-28T15:00:00Z'),
}

test('the ready letter says count, size, end with zone, checksum, photographer and link in both parts', () => {
  const { subject, text, html } = renderLetter('archive_ready', ready, 'en')
  assert.equal(subject, 'Your Gallery "Mara & Jonas" is Ready for Download')
  for (const fact of ['248 photos', '3.2 GB', '28 November 2026 at 15:00 UTC', ready.sha256, 'Ida Lind']) {
    assert.ok(text.includes(fact), `text: ${fact}`)
    assert.ok(html.includes(fact), `html: ${fact}`)
  }
  assert.ok(text.includes(ready.link))
  assert.equal(html.match(/href="https:\/\/photos\.example\/d\/abc\?x=1&#38;y=2"/g)?.length, 2)
  assert.ok(!html.includes('not in the file'))
})

test('numbers, plurals and dates follow the language', () => {
  const russian = (n: number) => renderLetter('archive_ready', { ...ready, photoCount: n }, 'ru').text
  assert.match(russian(1), /1 фотография/)
  assert.match(russian(3), /3 фотографии/)
  assert.match(russian(11), /11 фотографий/)
  assert.match(russian(21), /21 фотография/)
  assert.match(renderLetter('archive_ready', ready, 'ru').text, /3,2\sГБ/)
  const german = renderLetter('archive_ready', { ...ready, timeZone: 'Europe/Berlin', photoCount: 12_345 }, 'de')
  assert.match(german.text, /28\. November 2026 um 16:00 MEZ/)
  assert.match(german.text, /12\.345 Fotos/)
  assert.match(german.text, /3,2\sGB/)
  assert.match(renderLetter('archive_ready', { ...ready, photoCount: 1 }, 'en').text, /1 photo in/)
  const sizes = [0, 999, 1000, 999_949_999, 999_950_000, 5e12].map((bytes) =>
    /ZIP file of (.*)\./.exec(renderLetter('archive_ready', { ...ready, bytes }, 'en').text)?.[1]?.replace(/\s/g, ' '),
  )
  assert.deepEqual(sizes, ['0 byte', '999 byte', '1 kB', '999.9 MB', '1 GB', '5 TB'])
})

test('a partial archive names what is missing, and not more than a letter can hold', () => {
  const one = renderLetter('archive_ready', { ...ready, missing: ['IMG_7.jpg'] }, 'en')
  assert.match(one.text, /1 photo is not in the file yet:\n\n- IMG_7\.jpg\n/)
  const many = renderLetter('archive_ready', { ...ready, missing: Array.from({ length: 300 }, (_, i) => `IMG_${i}.jpg`) }, 'en')
  assert.match(many.text, /300 photos are not/)
  assert.match(many.text, /- IMG_9\.jpg\n- and 290 more\n/)
})

test('the failed letter says cause and next step', () => {
  const data = { title: 'Mara', cause: 'An original is missing.', link: 'https://photos.example/studio/g/mara' }
  const manual = renderLetter('archive_failed', data, 'en')
  assert.equal(manual.subject, 'The archive of "Mara" could not be built')
  for (const fact of [data.cause, 'press Retry', 'nothing was deleted', data.link]) assert.ok(manual.text.includes(fact), fact)
  const later = renderLetter('archive_failed', { ...data, retryAt: new Date('2026-11-21T10:05:00Z') }, 'de')
  assert.match(later.text, /21\. November 2026 um 10:05 UTC/)
})

const ended = {
  title: ready.title,
  ended: ready.linkEnds,
  clients: 5,
  complete: 2,
  days: 30,
  extend: 'https://photos.example/extend/x',
  link: ready.link,
}

test('letters about the end say it with its zone, and the days in the form of the language', () => {
  const ending = (locale: Locale, days: number) => {
    const { title, photographer, link, linkEnds: ends } = ready
    return renderLetter('gallery_ending', { title, photographer, link, ends, days }, locale)
  }
  assert.equal(ending('en', 7).subject, '"Mara & Jonas" ends in 7 days: download your photos')
  assert.match(ending('en', 1).subject, /ends in 1 day:/)
  assert.match(ending('de', 7).subject, /endet in 7 Tagen/)
  assert.match(ending('de', 1).subject, /endet in 1 Tag:/)
  assert.deepEqual(
    [1, 3, 7].map((days) => /через (.*):/.exec(ending('ru', days).subject)![1]),
    ['1 день', '3 дня', '7 дней'],
  )
  const own = renderLetter('own_gallery_expired', ended, 'en')
  for (const text of [ending('en', 7).text, own.text, renderLetter('gallery_expired', { ...ready, ended: ready.linkEnds }, 'en').text])
    assert.match(text, /28 November 2026 at 15:00 UTC/)
  for (const fact of ['2 of 5 clients', 'Extend by 30 days', ended.extend, ended.link]) assert.ok(own.text.includes(fact), fact)
})

test('every kind speaks every language: its own words, the gallery’s name in the subject, the link in both parts', () => {
  const bounced = {
    title: ready.title,
    address: 'gone@example.com',
    reason: 'bounce' as const,
    detail: '550 no such user',
    link: ready.link,
  }
  const { title, photographer, link } = ready
  const ends = new Date('2026-11-28T15:00:00Z')
  const opened = { title, photographer, photoCount: 248, link, ends: ready.linkEnds }
  const kinds = [
    (locale: Locale) => renderLetter('published', opened, locale),
    (locale: Locale) => renderLetter('export_failed', { title, link }, locale),
    (locale: Locale) => renderLetter('gallery_ending', { title, photographer, days: 7, ends, link }, locale),
    (locale: Locale) => renderLetter('gallery_expired', { title, photographer, ended: ends }, locale, link),
    (locale: Locale) => renderLetter('own_gallery_expired', { ...ended, extend: link }, locale),
    (locale: Locale) => renderLetter('archive_ready', ready, locale),
    (locale: Locale) => renderLetter('archive_completed', ready, locale),
    (locale: Locale) => renderLetter('new_version', ready, locale, 'https://photos.example/unsubscribe/x'),
    (locale: Locale) => renderLetter('archive_failed', { title: ready.title, cause: 'An original is missing.', link: ready.link }, locale),
    (locale: Locale) => renderLetter('mail_bounced', bounced, locale),
    (locale: Locale) => renderLetter('mail_bounced', { ...bounced, reason: 'complaint' }, locale),
  ]
  const subjects = new Set<string>()
  const texts = new Set<string>()
  for (const locale of locales)
    for (const write of kinds) {
      const { subject, text, html } = write(locale)
      subjects.add(subject)
      texts.add(text)
      assert.ok(subject.includes(ready.title))
      assert.ok(text.includes(ready.link) && html.includes(ready.link.replaceAll('&', '&#38;')))
      assert.doesNotMatch(html, /undefined|null|NaN|<img/)
    }
  assert.deepEqual([subjects.size, texts.size], [kinds.length * 3, kinds.length * 3])
})

test('only a letter that may be refused shows how', () => {
  const leave = 'https://photos.example/unsubscribe/abc'
  for (const part of Object.values(renderLetter('new_version', ready, 'en', leave)).slice(1)) assert.ok(part.includes(leave))
  assert.doesNotMatch(JSON.stringify(renderLetter('archive_ready', ready, 'en')), /unsubscribe/)
})

test('hostile words stay words: no tag, no second line in a subject, nothing loaded, under 30 KB', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='x",
      'a\r\nBcc: eve@evil.example',
      '\u202egpj.exe',
      '&lt;b&gt;',
      '🂡'.repeat(400),
      '"'.repeat(400),
      '\ud800',
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...locales), nasty, nasty, fc.array(nasty, { maxLength: 40 }), (locale, title, photographer, missing) => {
      const letters = [
        renderLetter('archive_ready', { ...ready, title, photographer, missing }, locale),
        renderLetter('archive_failed', { title, cause: photographer, link: ready.link }, locale),
        renderLetter('archive_completed', { ...ready, title, photographer, missing }, locale),
        renderLetter('new_version', { ...ready, title, photographer, missing }, locale, ready.link),
        renderLetter('gallery_ending', { title, photographer, days: 1, ends: ready.linkEnds, link: ready.link }, locale, ready.link),
        renderLetter('gallery_expired', { title, photographer, ended: ready.linkEnds }, locale, ready.link),
        renderLetter('own_gallery_expired', { ...ended, title }, locale),
        renderLetter('mail_bounced', { title, address: photographer, reason: 'bounce', detail: missing.join(), link: ready.link }, locale),
      ]
      for (const { subject, text, html } of letters) {
        assert.doesNotMatch(subject, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
        assert.ok(subject.isWellFormed() && html.isWellFormed() && text.isWellFormed())
        for (const [tag, name, attributes] of html.matchAll(/<\/?([^\s>]*)([^>]*)>/g)) {
          assert.match(name!, /^(!doctype|html|head|meta|title|body|div|h1|bdi|p|a|br|ul|li|dl|dt|dd)$/)
          assert.match(attributes!, /^( (html|lang="\w\w"|charset="utf-8"|(name|content|style|href)="[^"<>]*"))*$/, tag)
          assert.doesNotMatch(attributes!, /url\(|@import/)
        }
        assert.ok(Buffer.byteLength(html) + Buffer.byteLength(text) < 30_000, `${Buffer.byteLength(html)} bytes`)
      }
    }),
    { numRuns: 300 },
  )
})

test('the letter about chosen photos has a button and a checksum for every file, in each language', () => {
  const file = (n: number) => ({ name: `mara-${n}of2.zip`, sha256: String(n).repeat(64), link: `https://photos.example/d/part${n}` })
  const facts = { title: ready.title, photoCount: 9, missing: ['IMG_7.jpg'], bytes: 6_000_000_000, linkEnds: ready.linkEnds }
  for (const locale of locales) {
    const { subject, text, html } = renderLetter('export_ready', { ...facts, files: [file(1), file(2)] }, locale)
    assert.ok(subject.includes(ready.title))
    for (const { name, sha256, link } of [file(1), file(2)])
      for (const fact of [name, sha256, link, 'IMG_7.jpg']) assert.ok(text.includes(fact) && html.includes(fact), `${locale}: ${fact}`)
  }
  const one = renderLetter('export_ready', { ...facts, files: [file(1)] }, 'en').text
  assert.match(one, /The photos you chose are ready: 9 photos, 6 GB\./)
})

test('the letter about a webhook names the server and what to do, for each reason and in each language', () => {
  const texts = new Set<string>()
  for (const locale of locales)
    for (const reason of ['gone', 'failing', 'secret_lost'] as const) {
      const facts = { host: 'hooks.example.com\r\nBcc: x', reason, link: 'https://photos.example/' }
      const { subject, text, html } = renderLetter('webhook_disabled', facts, locale)
      assert.match(subject, /^[^\r\n]*hooks\.example\.com Bcc: x[^\r\n]*$/)
      for (const part of [text, html]) assert.ok(part.includes('hooks.example.com') && part.includes(facts.link))
      assert.doesNotMatch(html, /undefined|null|<img/)
      texts.add(text)
    }
  assert.equal(texts.size, 9)
})

test('the letter that opens a gallery says who, how many photos, until when, and leads to the page alone', () => {
  const opened = {
    title: 'Mara & Jonas',
    photographer: 'Ida Lind',
    photoCount: 248,
    link: 'https://photos.example/s/abc',
    ends: ready.linkEnds,
  }
  const { subject, text, html } = renderLetter('published', opened, 'en')
  assert.equal(subject, 'Your gallery "Mara & Jonas" is open')
  for (const fact of ['248 photos', '28 November 2026 at 15:00 UTC', 'Ida Lind', opened.link]) {
    assert.ok(text.includes(fact), `text: ${fact}`)
    assert.ok(html.includes(fact), `html: ${fact}`)
  }
  assert.doesNotMatch(text, /download|ZIP/i)
})

test('a letter that brings a ZIP leads to the gallery’s page too, where anybody may look', () => {
  const page = 'https://photos.example/g/mara'
  const { text, html } = renderLetter('archive_ready', { ...ready, page }, 'de')
  assert.ok(text.includes(`Fotos auf der Seite der Galerie ansehen:\n${page}\n`))
  assert.ok(html.includes(`href="${page}"`))
})

test('letters about tracks say in every language what happened, how long there is, and what to do', () => {
  const track = { title: 'Тишина "II"', provider: 'suno', ends: new Date('2026-06-08T10:00:00Z'), hoursLeft: 30, error: null }
  const link = 'https://photos.example/rescue?track=1'
  const one = { count: 1, tracks: [track], link }
  const many = { count: 23, tracks: Array.from({ length: 10 }, (_, n) => ({ ...track, title: `Song ${n}`, hoursLeft: 24 * n })), link }
  const risk = (data: typeof one, locale: Locale) => renderLetter('tracks_at_risk', data, locale)
  const lost = (data: typeof one, locale: Locale) => renderLetter('tracks_lost', data, locale)
  assert.equal(risk(one, 'de').subject, 'Der Track „Тишина "II"“ konnte nicht archiviert werden')
  assert.equal(risk(one, 'ru').subject, 'Не удалось архивировать трек "Тишина "II""')
  assert.equal(lost(one, 'de').subject, 'Der Track „Тишина "II"“ ist verloren')
  assert.equal(lost(one, 'ru').subject, 'Трек "Тишина "II"" потерян')
  assert.match(risk(many, 'de').subject, /^23 Tracks konnten nicht archiviert werden$/)
  assert.match(risk(many, 'ru').subject, /^Не удалось архивировать: 23 трека$/)
  assert.match(lost({ ...many, count: 21 }, 'ru').subject, /^Потеряно: 21 трек$/)
  const left = { en: /30 h left/, de: /noch 30 Std\./, ru: /осталось 30 ч/ }
  const days = { en: /9 days left/, de: /noch 9 Tage/, ru: /осталось дней: 9/ }
  const rest = { en: /and 13 more\./, de: /und 13 weitere\./, ru: /и ещё 13\./ }
  const hand = { en: /by hand/, de: /von Hand/, ru: /вручную/ }
  for (const locale of locales) {
    const { text, html } = risk(one, locale)
    assert.match(text, left[locale])
    assert.match(text, hand[locale])
    assert.ok(text.includes(link) && html.includes(link))
    assert.match(risk(many, locale).text, days[locale])
    assert.match(risk(many, locale).text, rest[locale])
    assert.match(lost(one, locale).text, hand[locale])
    assert.doesNotMatch(lost(one, locale).text, left[locale])
  }
})

test('the daily digest of tracks counts in every language', () => {
  const data = { saved: 1234, failing: 21, lost: 2, firstEnds: new Date('2026-06-08T10:00:00Z'), link: 'https://photos.example/rescue' }
  const subjects = {
    en: 'Tracks: 21 not saved yet, 2 lost',
    de: 'Tracks: 21 noch nicht gesichert, 2 verloren',
    ru: 'Треки: 21 ещё не сохранён, потеряно 2',
  }
  const moments = { en: /8 June 2026/, de: /8\. Juni 2026/, ru: /8 июня 2026/ }
  const numbers = { en: /1,234/, de: /1\.234/, ru: /1\s234/ }
  for (const locale of locales) {
    const { subject, text } = renderLetter('tracks_digest', data, locale)
    assert.equal(subject, subjects[locale])
    assert.match(text, moments[locale])
    assert.match(text, numbers[locale])
    assert.doesNotMatch(renderLetter('tracks_digest', { ...data, firstEnds: null }, locale).text, moments[locale])
  }
  const russian = (failing: number) => renderLetter('tracks_digest', { ...data, failing }, 'ru').subject
  assert.match(russian(3), /: 3 ещё не сохранены,/)
  assert.match(russian(11), /: 11 ещё не сохранено,/)
})
