/** Markdown that people of this installation wrote, as HTML that can do nothing: no tags of theirs, no pictures, links that lead out only. */
import MarkdownIt from 'markdown-it'

/** `html: false` shows tags as text. What a link may open is said here, not left to a list of what it may not. */
const renderer = new MarkdownIt({ html: false, linkify: false, typographer: false }).disable('image')
renderer.validateLink = (url) => /^(https?:\/\/|mailto:|tel:)/i.test(url.trim())

export const renderMarkdown = (text: string): string => renderer.render(text)

/** The first heading as plain text, for the title of the page. */
export function titleOf(text: string): string | undefined {
  const tokens = renderer.parse(text, {})
  const inline = tokens[tokens.findIndex(({ type }) => type === 'heading_open') + 1]
  return inline?.type === 'inline' ? inline.children?.map(({ content }) => content).join('') : undefined
}
