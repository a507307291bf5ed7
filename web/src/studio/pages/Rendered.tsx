/** HTML that the server made of Markdown, drawn by name: only these tags, only links outwards; whatever else it holds is its text. */
import { createElement, Fragment, type ReactNode } from 'react'

const known = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'ul',
  'ol',
  'li',
  'strong',
  'em',
  's',
  'code',
  'pre',
  'blockquote',
  'hr',
  'br',
])

export function Rendered({ html }: { html: string }) {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  return <div className="prose">{childrenOf(body)}</div>
}

function childrenOf(node: Node): ReactNode[] {
  return [...node.childNodes].map((child, n) => draw(child, n))
}

function draw(node: ChildNode, n: number): ReactNode {
  if (node instanceof Text) return node.data
  if (!(node instanceof Element)) return null
  const name = node.tagName.toLowerCase()
  if (name === 'a') {
    const href = node.getAttribute('href') ?? ''
    return (
      <a key={n} href={/^(https?:|mailto:|tel:)/.test(href) ? href : undefined} rel="noreferrer" target="_blank">
        {childrenOf(node)}
      </a>
    )
  }
  // headings of the text stand below those of the page
  const tag = /^h[1-4]$/.test(name) ? `h${Number(name[1]) + 2}` : name
  if (name === 'hr' || name === 'br') return createElement(name, { key: n })
  return known.has(name) ? createElement(tag, { key: n }, ...childrenOf(node)) : <Fragment key={n}>{childrenOf(node)}</Fragment>
}
