/** Pages without a program: for who follows a link that has ended, was withdrawn or asks for a click. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode } from '../base/errors.ts'
import type { Locale } from '../domain/gallery.ts'
import { type Gone, noticeWords } from './notice-words.ts'

/** What can be done about it: a click that sends a form to the page's own address, or another page. */
export type Action = { label: string; text?: string; href?: string }

export interface Notice {
  title: string
  text: string
  action?: Action
  /** in small print below */
  more?: string[]
}
/** A page whose words are HTML of ours, with a heading of its own. */
export interface WrittenNotice {
  title: string
  html: string
  /** draws a clock */
  clock?: boolean
  /** a line below */
  when?: string | undefined
}

const isGone = (code: ErrorCode): code is Gone => code in noticeWords.en.gone
/** Does a person look at the answer? Programs ask for anything, or for JSON. */
export const wantsPage = (request: FastifyRequest): boolean => request.headers.accept?.includes('text/html') ?? false

/** The language of the gallery, or else of the browser. */
export function speaks(request: FastifyRequest, locale: Locale | undefined): Locale {
  return locale ?? (/\b(de|ru)\b/.exec(request.headers['accept-language'] ?? '')?.[1] as Locale | undefined) ?? 'en'
}

/** Answers a browser with a page instead of JSON; false when this is no browser or no such error. */
export function answerGone(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  locale: Locale | undefined,
  action?: Action,
): boolean {
  if (!(error instanceof AppError) || !isGone(error.code) || !wantsPage(request)) return false
  const language = speaks(request, locale)
  const [title, text] = noticeWords[language].gone[error.code]
  if (typeof error.facts.retryAfter === 'number') reply.header('retry-after', String(Math.ceil(error.facts.retryAfter)))
  answerNotice(reply, error.status, language, { title, text: action?.text ?? text, action })
  return true
}

/** For routes that people reach by a click: what is refused before the route begins is a page too. */
export function refuseByPage(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (answerGone(request, reply, error, undefined)) return reply
  return reply.send(error)
}

export function answerNotice(reply: FastifyReply, status: number, locale: Locale, notice: Notice | WrittenNotice): FastifyReply {
  for (const name of ['etag', 'content-disposition', 'accept-ranges']) reply.removeHeader(name)
  reply.status(status).type('text/html; charset=utf-8').header('cache-control', 'no-store')
  reply.header(
    'content-security-policy',
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  return reply.send(page(locale, notice))
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

// a form without an action goes to the address of its page, so the link stands nowhere in it
const button = ({ label, href }: Action) =>
  href === undefined
    ? `<form method="post"><button>${escapeHtml(label)}</button></form>`
    : `<p class="go"><a href="${escapeHtml(href)}">${escapeHtml(label)}</a></p>`

const plain = ({ title, text, action, more = [] }: Notice) =>
  `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${action ? button(action) : ''}${more.map((line) => `<p class="more">${escapeHtml(line)}</p>`).join('')}`

const clock = `<svg width="30" height="30" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2"/></svg>`

const written = ({ html, clock: drawn, when }: WrittenNotice) =>
  `${drawn ? clock : ''}${html}${when === undefined ? '' : `<p class="when">${escapeHtml(when)}</p>`}`

const page = (locale: Locale, notice: Notice | WrittenNotice) => `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><link rel="icon" href="data:,">
<title>${escapeHtml(notice.title)}</title>
<style>
:root { --paper: oklch(.985 .003 85); --ink: oklch(.21 .008 70); --soft: oklch(.46 .008 70) }
@media (prefers-color-scheme: dark) { :root { --paper: oklch(.155 .004 70); --ink: oklch(.95 .004 85); --soft: oklch(.73 .006 80) } }
body { margin: 0; min-height: 100svh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 30rem; padding: 2rem; overflow-wrap: anywhere }
h1 { font: 400 1.9rem/1.15 "Source Serif 4", Georgia, serif; margin: 0 0 .75rem; text-wrap: balance }
p { margin: 0 }
p, ul, ol { color: var(--soft) }
p + p, ul + p, ol + p, .when { margin-top: .75rem }
main > svg { color: var(--soft); margin: 0 0 .75rem }
main a { color: inherit }
main .more { margin: 1.5rem 0 0; font-size: .8125rem }
form, .go { margin: 1.5rem 0 0 }
button, .go a { display: inline-block; min-height: 2.75rem; padding: .625rem 1.25rem; box-sizing: border-box; border: 0; border-radius: 10px; background: var(--ink); color: var(--paper); font: 600 1rem/1.5 system-ui, sans-serif; text-decoration: none; cursor: pointer }
button:focus-visible, .go a:focus-visible { outline: 2px solid var(--ink); outline-offset: 3px }
</style></head>
<body><main>${'html' in notice ? written(notice) : plain(notice)}</main></body></html>
`
