/** A small page that the server draws itself: for people who follow a link and need no program for what they find. */
import type { FastifyReply } from 'fastify'
import type { Locale } from '../domain/gallery.ts'

export interface SmallPage {
  locale: Locale
  title: string
  text: string
  /** one button that sends a POST to the address the page stands at */
  button?: string
}

/** Sends the page; nothing on it is loaded and nothing runs. Title and text may hold foreign words. */
export function sendPage(reply: FastifyReply, status: number, page: SmallPage): FastifyReply {
  reply.status(status).type('text/html; charset=utf-8').header('cache-control', 'no-store')
  reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
  return reply.send(draw(page))
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

const draw = ({ locale, title, text, button }: SmallPage) => `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${escaped(title)}</title>
<style>
:root { --paper: oklch(.985 .003 85); --ink: oklch(.21 .008 70); --soft: oklch(.46 .008 70) }
@media (prefers-color-scheme: dark) { :root { --paper: oklch(.155 .004 70); --ink: oklch(.95 .004 85); --soft: oklch(.73 .006 80) } }
body { margin: 0; min-height: 100svh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 30rem; padding: 2rem }
h1 { font: 400 1.9rem/1.15 "Source Serif 4", Georgia, serif; margin: 0 0 .75rem; text-wrap: balance }
p { margin: 0; color: var(--soft) }
button { margin-top: 1.5rem; padding: .7rem 1.4rem; border: 0; border-radius: 10px; background: var(--ink); color: var(--paper); font: inherit; font-weight: 600; cursor: pointer }
</style></head>
<body><main><h1>${escaped(title)}</h1><p>${escaped(text)}</p>${button ? `<form method="post"><button>${escaped(button)}</button></form>` : ''}</main></body></html>
`
