/** A text as a picture that a phone reads, drawn in the page: no secret leaves it. */
import { encode } from 'uqr'

export function QrCode({ text, label }: { text: string; label: string }) {
  // four modules of white around it, as the standard asks (ISO/IEC 18004, 6.3.8)
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
