/** Reads CSV as RFC 4180 writes it, and as spreadsheets do: a byte order mark, any line ends, `;` or tabs for commas. Pure. */

/** The rows behind the first one, each by the names in the first one (small letters, trimmed). Blank lines are no rows. */
export function readCsv(text: string): Record<string, string>[] {
  const [head, ...rows] = cells(text.replace(/^\ufeff/, ''))
  if (!head) return []
  const names = head.map((name) => name.trim().toLowerCase())
  return rows
    .filter((row) => row.some((cell) => cell.trim() !== ''))
    .map((row) => Object.fromEntries(names.flatMap((name, i) => (name ? [[name, (row[i] ?? '').trim()]] : []))))
}

function cells(text: string): string[][] {
  const comma = separatorOf(text)
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const endRow = () => {
    rows.push([...row, cell])
    row = []
    cell = ''
  }
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (c === '"' && cell === '') quoted = true
    else if (c === comma) {
      row.push(cell)
      cell = ''
    } else if (c === '\n') endRow()
    else if (c !== '\r') cell += c
  }
  if (cell !== '' || row.length) endRow()
  return rows
}

/** That of `,`, `;` and tab which the first line has most of. */
function separatorOf(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]|$/))
  const count = (c: string) => line.split(c).length
  return [',', ';', '\t'].reduce((best, c) => (count(c) > count(best) ? c : best))
}
