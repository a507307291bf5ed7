/** The page somebody sees who follows a link that has ended, was withdrawn or is not complete. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode } from '../../base/errors.ts'
import type { Locale } from '../../domain/gallery.ts'

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
  reply.status(error.status).type('text/html; charset=utf-8').header('cache-control', 'no-store')
  reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  reply.send(page(speaks, ...words[speaks][error.code]))
  return true
}

const page = (locale: Locale, title: string, text: string) => `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${title}</title>
<style>
:root { --paper: oklch(.985 .003 85); --ink: oklch(.21 .008 70); --soft: oklch(.46 .008 70) }
@media (prefers-color-scheme: dark) { :root { --paper: oklch(.155 .004 70); --ink: oklch(.95 .004 85); --soft: oklch(.73 .006 80) } }
body { margin: 0; min-height: 100svh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 30rem; padding: 2rem }
h1 { font: 400 1.9rem/1.15 "Source Serif 4", Georgia, serif; margin: 0 0 .75rem; text-wrap: balance }
p { margin: 0; color: var(--soft) }
</style></head>
<body><main><h1>${title}</h1><p>${text}</p></main></body></html>
`
