/** The blocks a letter is made of, and the same blocks as plain text and as HTML. Knows no kind of letter. */
import type { Locale } from './words.ts'

export type Block =
  | { heading: string }
  | { text: string }
  | { list: string[] }
  | { facts: [label: string, value: string][] }
  | { button: string; link: string; or: string }
  | { small: string }
  | { also: string; link: string }
  | { leave: string; link: string }

export interface Composed {
  subject: string
  /** the one fact, shown by the list of letters before the letter is opened */
  preheader: string
  blocks: Block[]
}

export function asText({ blocks }: Composed): string {
  return `${blocks.map(textOf).join('\n\n')}\n`
}

function textOf(block: Block): string {
  if ('heading' in block) return `${block.heading}\n${'='.repeat(Math.min([...block.heading].length, 60))}`
  if ('list' in block) return block.list.map((name) => `- ${name}`).join('\n')
  if ('facts' in block) return block.facts.map(([name, value]) => `${name}: ${value}`).join('\n')
  if ('also' in block) return `${block.also}:\n${block.link}`
  if ('leave' in block) return `${block.leave}:\n${block.link}`
  if ('button' in block) return `${block.button}:\n${block.link}`
  if ('small' in block) return `-- \n${block.small}`
  return block.text
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

// Paper and ink, as on our pages; hex because mail programs know no oklch.
const ink = '#1f1c19'
const grey = '#6d6760'
const line = '#e5e1db'
const sans = "font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

export function asHtml({ preheader, blocks, subject }: Composed, locale: Locale): string {
  return `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:0;background:#fbfaf8;color:${ink};${sans};font-size:16px;line-height:1.5">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(preheader)}</div>
<div style="max-width:560px;margin:0 auto;padding:32px 20px">
${blocks.map(htmlOf).join('\n')}
</div></body></html>
`
}

function htmlOf(block: Block): string {
  if ('heading' in block) {
    const serif = "font-family:'Source Serif 4',Georgia,serif;font-weight:400;font-size:28px;line-height:1.25;margin:0 0 20px"
    return `<h1 style="${serif};overflow-wrap:anywhere"><bdi>${escapeHtml(block.heading)}</bdi></h1>`
  }
  if ('list' in block) {
    const rows = block.list.map((name) => `<li style="overflow-wrap:anywhere"><bdi>${escapeHtml(name)}</bdi></li>`)
    return `<ul style="margin:0 0 16px;padding-left:20px">${rows.join('')}</ul>`
  }
  if ('facts' in block) {
    const rows = block.facts.map(
      ([name, value]) =>
        `<dt style="color:${grey};font-size:13px">${escapeHtml(name)}</dt><dd style="margin:0 0 8px;overflow-wrap:anywhere;word-break:break-word">${escapeHtml(value)}</dd>`,
    )
    return `<dl style="margin:16px 0;padding:16px 0 8px;border-top:1px solid ${line}">${rows.join('')}</dl>`
  }
  if ('button' in block) {
    const link = escapeHtml(block.link)
    const look = `display:inline-block;padding:12px 24px;border-radius:10px;background:${ink};color:#fbfaf8;text-decoration:none;font-weight:600`
    return `<p style="margin:24px 0 12px"><a href="${link}" style="${look}">${escapeHtml(block.button)}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:${grey};word-break:break-all">${escapeHtml(block.or)}<br><a href="${link}" style="color:${ink}">${link}</a></p>`
  }
  if ('also' in block) {
    const link = escapeHtml(block.link)
    return `<p style="margin:0 0 16px"><a href="${link}" style="color:${ink}">${escapeHtml(block.also)}</a></p>`
  }
  if ('leave' in block) {
    const link = escapeHtml(block.link)
    return `<p style="margin:8px 0 0;font-size:13px;color:${grey}"><a href="${link}" style="color:${grey}">${escapeHtml(block.leave)}</a></p>`
  }
  if ('small' in block) {
    return `<p style="margin:24px 0 0;padding-top:16px;border-top:1px solid ${line};font-size:13px;color:${grey}">${escapeHtml(block.small)}</p>`
  }
  return `<p style="margin:0 0 16px">${escapeHtml(block.text)}</p>`
}
