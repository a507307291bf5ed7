/** Pages without a program: for who follows a link that has ended, was withdrawn or asks for a click. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode } from '../base/errors.ts'
import type { Locale } from '../domain/gallery.ts'
import { escapeHtml, fillPage } from './html.ts'
import { draw, type Icon, spots } from './icons.ts'
import { type Gone, iconOf, noticeWords } from './notice-words.ts'

/** What can be done about it: a click that sends a form to the page's own address, or another page. */
export type Action = { label: string; text?: string; href?: string; icon?: Icon /** another address for the form */; form?: string }

export interface Notice {
  title: string
  text: string
  icon?: Icon
  action?: Action
  /** the gallery it is about, above the card */
  head?: { by: string; title: string; facts: string }
  /** a bar, percent, and how far it is in words; the page follows it by itself: by its events, or with `ask` by asking */
  progress?: { percent: number; text: string; steps: { label: string; is: 'done' | 'now' | 'later' }[]; ask?: true }
  /** several files, each with a button */
  files?: Action[]
  /** what is not as it should be, and the names of what it concerns */
  lack?: { text: string; names: string[] }
  /** below the button */
  more?: string[]
  /** a second way, below the card's own */
  aside?: Action
  /** in small print below the card, opened by a click */
  check?: { label: string; lines: string[] } | undefined
}
/** A page whose words are HTML of ours, with a heading of its own. */
export interface WrittenNotice {
  title: string
  html: string
  icon?: Icon
  /** a line below */
  when?: string | undefined
  action?: Action | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /** the built page that notices stand in, when there is one */
    noticePage?: string
  }
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
  const icon = iconOf[error.code] ?? 'link'
  answerNotice(reply, error.status, language, { title, text: action?.text ?? text, icon, action })
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
  reply.header('content-security-policy', policy)
  const root = `<main class="plate" data-state="${status} ${'html' in notice ? '' : (notice.icon ?? '')}">${'html' in notice ? written(notice) : plain(notice)}</main>`
  return reply.send(fillPage(reply.server.noticePage ?? bare, locale, { title: notice.title, root }))
}

/** Files of ours, and nothing that stands in the page itself: some of these pages hold words that an admin has written. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Where no web app is built: the words alone. */
const bare =
  '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>Keepsake</title></head><body><div id="root"></div></body></html>\n'

// a form without an action goes to the address of its page, so the link stands nowhere in it
const button = ({ label, href, icon, form }: Action, main: boolean) => {
  const inside = `${icon ? draw(icon, 17) : ''}${escapeHtml(label)}`
  const style = main ? 'button main' : 'button'
  return href === undefined
    ? `<form method="post"${form ? ` action="${escapeHtml(form)}"` : ''}><button class="${style}">${inside}</button></form>`
    : `<a class="${style}" href="${escapeHtml(href)}">${inside}</a>`
}

function plain({ title, text, icon = 'box', action, head, progress, lack, files = [], more = [], aside, check }: Notice): string {
  const heading = head ? 'h2' : 'h1'
  const says = `<div class="plate-says"><span class="spot ${spots[icon] ?? ''}">${draw(icon, 20)}</span><div><${heading}>${escapeHtml(title)}</${heading}><p>${escapeHtml(text)}</p></div></div>`
  const card = [
    says,
    progress ? `<div data-live="${progress.ask ? 'ask' : ''}">${bar(progress, title)}</div>` : '',
    lack ? lacking(lack) : '',
    action ? button(action, true) : '',
    ...files.map((file) => button(file, true)),
    ...more.map((line) => `<p class="plate-more">${escapeHtml(line)}</p>`),
    aside ? `<div class="plate-aside">${aside.text ? `<p>${escapeHtml(aside.text)}</p>` : ''}${button(aside, false)}</div>` : '',
  ]
  const top = head
    ? `<header class="plate-head"><p>${escapeHtml(head.by)}</p><h1>${escapeHtml(head.title)}</h1><p>${escapeHtml(head.facts)}</p></header>`
    : ''
  return `${top}<section class="card plate-card">${card.join('')}</section>${check ? checking(check) : ''}`
}

function bar({ percent, text, steps }: NonNullable<Notice['progress']>, label: string): string {
  // the page's policy allows no styles: how wide the bar is, its program reads from the value
  const line = `<progress max="100" value="${percent}" aria-label="${escapeHtml(label)}">${percent} %</progress>`
  const list = steps.map(
    (step) => `<li class="${step.is}"${step.is === 'now' ? ' aria-current="step"' : ''}>${escapeHtml(step.label)}</li>`,
  )
  const below = list.length ? `<ol class="steps">${list.join('')}</ol>` : ''
  return `<p class="plate-percent"><span class="meta">${escapeHtml(text)}</span><b>${percent} %</b></p>${line}${below}`
}

const checking = ({ label, lines }: NonNullable<Notice['check']>) =>
  `<details class="plate-foot"><summary>${escapeHtml(label)}</summary>${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</details>`

const lacking = ({ text, names }: NonNullable<Notice['lack']>) =>
  `<div class="note warn">${draw('warn', 18)}<div><p>${escapeHtml(text)}</p><ul>${names.map((name) => `<li>${escapeHtml(name)}</li>`).join('')}</ul></div></div>`

function written({ html, icon = 'box', when, action }: WrittenNotice): string {
  const line = when === undefined ? '' : `<p class="plate-when">${escapeHtml(when)}</p>`
  return `<section class="card plate-card"><div class="plate-says"><span class="spot ${spots[icon] ?? ''}">${draw(icon, 20)}</span><div class="written">${html}${line}</div></div>${action ? button(action, false) : ''}</section>`
}
