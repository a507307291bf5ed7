/** A photo with the watermark in it, as the server will draw it: both place it by the same rule. */
import type { ReactNode } from 'react'
import { type Box, placeMark } from '../../../../sdk/src/watermark.ts'
import type { MarkPlacing } from '../../api.ts'

interface Props {
  /** in px; shown as wide as there is room */
  size: Box
  mark: Box & { image: string }
  placing: MarkPlacing
  label: string
  /** what lies below the mark */
  children: ReactNode
}

export function MarkedPhoto({ size, mark, placing, label, children }: Props) {
  return (
    <svg className="marked-photo" viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={label}>
      {children}
      {placeMark(size, mark, placing).map(({ left, top, width, height }) => (
        <image
          key={`${left} ${top}`}
          href={mark.image}
          x={left}
          y={top}
          width={width}
          height={height}
          opacity={placing.opacity}
          preserveAspectRatio="none"
        />
      ))}
    </svg>
  )
}
