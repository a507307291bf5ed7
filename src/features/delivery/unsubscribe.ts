/**
 * No more news of a gallery. Opening the link changes nothing, because mail scanners open every link; the button on its page
 * does, and so does the mailbox's own button (RFC 8058), which sends the same POST without opening the page.
 */
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { findLetter } from '../../data/letters.ts'
import { suppress } from '../../data/suppressions.ts'
import type { Locale } from '../../domain/gallery.ts'
import { readLetterToken } from '../../domain/letter-token.ts'
import type { App } from '../../http/app.ts'
import { answerNotice } from '../../http/notice.ts'
import type { Deps } from '../../ports/deps.ts'

const params = z.object({ token: z.string().max(200) })

export function unsubscribeRoutes(app: App, deps: Deps): void {
  // the mailbox sends a small form, of which we need nothing
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 16 * 1024 }, (_request, _body, done) => done(null, undefined))

  const find = async (token: string) => {
    const letter = await findLetter(deps.db, readLetterToken('unsubscribe', token, deps.settings.tokenSecrets))
    const gallery = letter?.galleryId && (await findGalleryOfAnyState(deps.db, letter.galleryId))
    if (!letter || !gallery) throw new AppError('link_unknown')
    return { letter, gallery }
  }

  app.get('/unsubscribe/:token', { schema: { params } }, async (request, reply) => {
    const { letter, gallery } = await find(request.params.token)
    const words = catalog[letter.locale]
    return answerNotice(reply, 200, letter.locale, {
      title: words.title(gallery.title),
      text: words.text,
      icon: 'mail',
      action: { label: words.button },
    })
  })

  app.post('/unsubscribe/:token', { schema: { params } }, async (request, reply) => {
    const { letter, gallery } = await find(request.params.token)
    const { ownerId, id: galleryId } = gallery
    const now = deps.clock.now()
    const address = letter.recipient
    await suppress(deps.db, { id: newId(now), ownerId, address, reason: 'unsubscribe', galleryId, detail: null, since: now })
    const words = catalog[letter.locale]
    return answerNotice(reply, 200, letter.locale, { title: words.done, text: words.doneText(gallery.title), icon: 'check' })
  })
}

interface Words {
  title(gallery: string): string
  text: string
  button: string
  done: string
  doneText(gallery: string): string
}

const catalog: Record<Locale, Words> = {
  en: {
    title: (gallery) => `No more news of “${gallery}”?`,
    text: 'You will get no more news and reminders of this gallery. Letters that bring your photos, or a link you ask for, still come.',
    button: 'No more news',
    done: 'Done',
    doneText: (gallery) => `You get no more news of “${gallery}”.`,
  },
  de: {
    title: (gallery) => `Keine Neuigkeiten von „${gallery}“ mehr?`,
    text: 'Sie erhalten dann keine Neuigkeiten und Erinnerungen zu dieser Galerie mehr. Briefe mit Ihren Fotos und Links, um die Sie bitten, kommen weiterhin.',
    button: 'Keine Neuigkeiten mehr',
    done: 'Erledigt',
    doneText: (gallery) => `Sie erhalten keine Neuigkeiten von „${gallery}“ mehr.`,
  },
  ru: {
    title: (gallery) => `Больше не присылать новости галереи «${gallery}»?`,
    text: 'Новостей и напоминаний об этой галерее больше не будет. Письма с вашими снимками и ссылки по вашей просьбе будут приходить.',
    button: 'Не присылать новости',
    done: 'Готово',
    doneText: (gallery) => `Новостей галереи «${gallery}» больше не будет.`,
  },
}
