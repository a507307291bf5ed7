/**
 * What guests picked, in the forms that a photographer's own programs take: a table of file names, a line of names for a text
 * filter, XMP sidecars (Adobe XMP Specification Part 1, xmp:Rating and xmp:Label).
 */
import { csvText, type Feedback, summarize } from './feedback.ts'
import { nameAll } from './names.ts'

const columns = ['filename', 'item', 'rating', 'ratings', 'likes', 'favorites', 'comments'] as const

/** One line for each photo, `rating` being the average. `names` are those of the files as they were uploaded. */
export function picksCsv(feedback: Feedback[], names: Map<string, string>): string {
  const rows = summarize(shown(feedback), names).map(({ average_rating, ...rest }) => ({ ...rest, rating: average_rating }))
  return csvText(columns, rows)
}

/**
 * One line of names with commas between, as the text filter of Lightroom takes them: each once, and without its ending, so that
 * the RAW file of which a JPEG was shown is found as well.
 */
export function picksText(feedback: Feedback[], names: Map<string, string>): string {
  const picked = new Set(shown(feedback).flatMap((f) => stemOf(names.get(f.itemId) ?? '')))
  picked.delete('')
  return picked.size ? `${[...picked].join(', ')}\n` : ''
}

/**
 * A sidecar for each photo with a rating, like or favourite. It is called like the photo without its ending, as Lightroom looks
 * for it; of two photos with one name the second has `name (2).xmp`, and both say inside whose they are.
 */
export function sidecars(feedback: Feedback[], names: Map<string, string>): { name: string; text: string }[] {
  const photos = summarize(shown(feedback), names).filter((s) => s.ratings || s.likes || s.favorites)
  const files = nameAll(
    photos.map(({ item, filename }) => ({ id: item, originalName: `${stemOf(filename ?? item)}.xmp` })),
    'original',
  )
  return photos.map((photo, i) => ({ name: files[i]!, text: sidecar(photo) }))
}

const shown = (feedback: Feedback[]) => feedback.filter((f) => !f.hidden)
const stemOf = (name: string): string => name.replace(/(?<=.)\.[^.\s]{1,10}$/, '')

function sidecar({ item, filename, favorites, likes, average_rating }: ReturnType<typeof summarize>[number]): string {
  const rating = average_rating === null ? '' : `\n    xmp:Rating="${Math.round(average_rating)}"`
  // the names of Lightroom's and Bridge's own colours
  const colour = favorites ? 'Red' : likes ? 'Yellow' : null
  const label = colour ? `\n    xmp:Label="${colour}"` : ''
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:keepsake="urn:keepsake:xmp"${rating}${label}
    xmpMM:PreservedFileName="${escapeXml(filename ?? '')}"
    keepsake:Item="${item}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
`
}

/** For an attribute. Characters that XML 1.0 has no form for (section 2.2) go. */
function escapeXml(text: string): string {
  const marks: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    '\t': '&#9;',
    '\n': '&#10;',
    '\r': '&#13;',
  }
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"\t\n\r]/g, (c) => marks[c]!)
}
