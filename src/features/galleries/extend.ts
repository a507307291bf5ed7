/**
 * The button in the letter about a gallery's end: it is open for longer. Opening the link changes nothing, because mail scanners
 * open every link; the button on its page does, once.
 */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { days } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { findGallery } from '../../data/galleries.ts'
import { findLetter } from '../../data/letters.ts'
import { byUser } from '../../domain/activity.ts'
import { extended, extension } from '../../domain/expiry.ts'
import type { Gallery, Locale } from '../../domain/gallery.ts'
import { readLetterToken } from '../../domain/letter-token.ts'
import { formatMoment, plural } from '../../domain/letters/words.ts'
import { type App, strictRate, takeEmptyForms } from '../../http/app.ts'
import { answerNotice, refuseByPage } from '../../http/notice.ts'
import type { Deps } from '../../ports/deps.ts'
import { extendGallery } from './edit.ts'

const params = z.object({ token: z.string().max(200) })

export function extendRoutes(app: App, deps: Deps): void {
  takeEmptyForms(app)

  const find = async (token: string) => {
    const letter = await findLetter(deps.db, readLetterToken('extend', token, deps.settings.tokenSecrets))
    const gallery = letter?.galleryId && (await findGallery(deps.db, letter.galleryId))
    if (!letter || !gallery) throw new AppError('link_unknown')
    return { letter, gallery, end: new Date(String(letter.facts.ends)) }
  }

  app.get('/extend/:token', { schema: { params }, errorHandler: refuseByPage }, async (request, reply) => {
    const { letter, gallery, end } = await find(request.params.token)
    const { locale } = letter
    if (gallery.state !== 'active' && gallery.state !== 'expired') return answerArchived(reply, locale, gallery)
    if (gallery.expiresAt?.getTime() !== end.getTime()) return answerOpen(reply, locale, gallery, gallery.expiresAt)
    const words = catalog[locale]
    return answerNotice(reply, 200, locale, {
      title: words.title(gallery.title),
      text: words.text(formatMoment(end, locale), formatMoment(extended(end, deps.clock.now()), locale)),
      icon: 'clock',
      action: { label: words.button(extension / days(1)) },
    })
  })

  app.post('/extend/:token', { schema: { params }, config: strictRate, errorHandler: refuseByPage }, async (request, reply) => {
    const { letter, gallery, end } = await find(request.params.token)
    try {
      const to = await extendGallery(deps, gallery.id, end, byUser(gallery.ownerId))
      return answerOpen(reply, letter.locale, gallery, to ?? (await find(request.params.token)).gallery.expiresAt)
    } catch (error) {
      if (!isCode(error, 'gallery_not_open')) throw error
      return answerArchived(reply, letter.locale, gallery)
    }
  })
}

/** Now, or since somebody moved the date. It may have passed again, and then another letter says so. */
function answerOpen(reply: FastifyReply, locale: Locale, gallery: Gallery, to: Date | null): FastifyReply {
  const words = catalog[locale]
  const text = to ? words.until(formatMoment(to, locale)) : words.endless
  return answerNotice(reply, 200, locale, { title: words.done(gallery.title), text, icon: 'check' })
}

function answerArchived(reply: FastifyReply, locale: Locale, gallery: Gallery): FastifyReply {
  const words = catalog[locale]
  return answerNotice(reply, 409, locale, { title: words.late(gallery.title), text: words.lateText })
}

interface Words {
  title(gallery: string): string
  text(ended: string, to: string): string
  button(days: number): string
  done(gallery: string): string
  until(to: string): string
  endless: string
  late(gallery: string): string
  lateText: string
}

const catalog: Record<Locale, Words> = {
  en: {
    title: (gallery) => `Open “${gallery}” for longer?`,
    text: (ended, to) => `It was open until ${ended}. With the button it is open until ${to}.`,
    button: (n) => `Extend by ${plural('en', n, { one: 'day', other: 'days' })}`,
    done: (gallery) => `The date of “${gallery}” has been moved`,
    until: (to) => `The gallery is open until ${to}.`,
    endless: 'The gallery has no end.',
    late: (gallery) => `“${gallery}” is archived, or being archived`,
    lateText: 'Its date can no longer be moved. Restore it in the studio: then you choose a new one.',
  },
  de: {
    title: (gallery) => `„${gallery}“ länger offen lassen?`,
    text: (ended, to) => `Die Galerie war offen bis zum ${ended}. Mit dem Knopf ist sie offen bis zum ${to}.`,
    button: (n) => `Um ${plural('de', n, { one: 'Tag', other: 'Tage' })} verlängern`,
    done: (gallery) => `Das Datum von „${gallery}“ ist geändert`,
    until: (to) => `Die Galerie ist offen bis zum ${to}.`,
    endless: 'Die Galerie hat kein Ende.',
    late: (gallery) => `„${gallery}“ ist archiviert oder wird es gerade`,
    lateText: 'Das Datum lässt sich nicht mehr ändern. Stellen Sie die Galerie im Studio wieder her: Dabei wählen Sie ein neues.',
  },
  ru: {
    title: (gallery) => `Оставить галерею «${gallery}» открытой?`,
    text: (ended, to) => `Она была открыта до: ${ended}. С этой кнопкой она будет открыта до: ${to}.`,
    button: (n) => `Продлить на ${plural('ru', n, { one: 'день', few: 'дня', many: 'дней', other: 'дня' })}`,
    done: (gallery) => `Дата галереи «${gallery}» изменена`,
    until: (to) => `Галерея открыта до: ${to}.`,
    endless: 'У галереи нет срока.',
    late: (gallery) => `Галерея «${gallery}» в архиве или архивируется`,
    lateText: 'Дату уже нельзя изменить. Восстановите галерею в студии: там вы выберете новую.',
  },
}
