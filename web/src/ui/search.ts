/** The part of an address behind the question mark, as plain texts: `?q=2020` stays the text 2020. */

export type Search = Record<string, string | undefined>

export function readSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text))
}

/** What is empty is left out, so that a page without a wish has an address without a question mark. */
export function writeSearch(search: Search): string {
  const given = Object.entries(search).filter((pair): pair is [string, string] => !!pair[1])
  const text = new URLSearchParams(given).toString()
  return text && `?${text}`
}
