/** The page somebody sees who follows a link that has ended, was withdrawn or is not complete. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode } from '../../base/errors.ts'
import type { Locale } from '../../domain/gallery.ts'
import { sendPage } from '../../http/page.ts'

type Gone = 'link_expired' | 'link_revoked' | 'link_unknown' | 'archive_failed'

const words: Record<Locale, Record<Gone, [title: string, text: string]>> = {
  en: {
    link_expired: [
      'This link has ended',
      'Download links end after a while. Ask your photographer for a new one: your photos are still kept.',
    ],
    link_revoked: ['This link was withdrawn', 'Your photographer has withdrawn this link. Ask them if you still need the photos.'],
    link_unknown: ['There is nothing at this link', 'Perhaps it was cut off when it was copied. Open it once more from your letter.'],
    archive_failed: ['The photos cannot be packed at the moment', 'Your photographer has been told. Try again later.'],
  },
  de: {
    link_expired: [
      'Dieser Link ist abgelaufen',
      'Links zum Herunterladen enden nach einiger Zeit. Bitten Sie um einen neuen: Ihre Fotos sind weiterhin aufbewahrt.',
    ],
    link_revoked: [
      'Dieser Link wurde zurückgezogen',
      'Die Fotografin oder der Fotograf hat ihn zurückgezogen. Fragen Sie dort nach, wenn Sie die Fotos noch brauchen.',
    ],
    link_unknown: [
      'Unter diesem Link gibt es nichts',
      'Vielleicht wurde er beim Kopieren abgeschnitten. Öffnen Sie ihn noch einmal aus Ihrem Brief.',
    ],
    archive_failed: [
      'Die Fotos können gerade nicht gepackt werden',
      'Die Fotografin oder der Fotograf weiß davon. Versuchen Sie es später noch einmal.',
    ],
  },
  ru: {
    link_expired: [
      'Срок действия ссылки истёк',
      'Ссылки для скачивания действуют ограниченное время. Попросите фотографа прислать новую: ваши снимки сохранены.',
    ],
    link_revoked: ['Ссылка отозвана', 'Фотограф отозвал эту ссылку. Спросите его, если снимки вам ещё нужны.'],
    link_unknown: ['По этой ссылке ничего нет', 'Возможно, она скопирована не полностью. Откройте её ещё раз из письма.'],
    archive_failed: ['Сейчас снимки нельзя упаковать', 'Фотограф уже знает об этом. Попробуйте позже.'],
  },
}

const isGone = (code: ErrorCode): code is Gone => code in words.en

/** Answers a browser with a page instead of JSON; false when this is no browser or no such error. */
export function answerGone(request: FastifyRequest, reply: FastifyReply, error: unknown, locale: Locale | undefined): boolean {
  if (!(error instanceof AppError) || !isGone(error.code) || !request.headers.accept?.includes('text/html')) return false
  const speaks = locale ?? (/\b(de|ru)\b/.exec(request.headers['accept-language'] ?? '')?.[1] as Locale | undefined) ?? 'en'
  const [title, text] = words[speaks][error.code]
  sendPage(reply, error.status, { locale: speaks, title, text })
  return true
}
