/** What the pages ask about the watermark. */
import { call, galleryPath, type MarkPlacing, type MarkProgress, type Watermark } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

export const useWatermark = () =>
  useAsk(['watermark'], (signal) => call<{ watermark: Watermark | null }>('GET', '/api/watermark', undefined, signal))
/** `text`: what the picture says, when it was written and not uploaded. */
export const sendMark = (picture: Blob, text: string | null) =>
  call<Watermark>('PUT', `/api/watermark/image${text ? `?text=${encodeURIComponent(text)}` : ''}`, picture)
export const placeWatermark = (placing: MarkPlacing) => call<Watermark>('PATCH', '/api/watermark', placing)
export const dropWatermark = () => call<void>('DELETE', '/api/watermark')

/** Asked again while its pictures are drawn. */
export const useMarking = (gallery: string) =>
  useAsk(['marking', gallery], (signal) => call<MarkProgress>('GET', `${galleryPath(gallery)}/watermark`, undefined, signal), {
    every: ({ drawing }) => (drawing ? 1000 : null),
  })
