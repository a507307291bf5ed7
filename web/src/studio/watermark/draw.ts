/**
 * Makes the picture of a watermark in the browser: of words, or of a file. Words are drawn here and not on the server because here
 * are the fonts, and what is seen beforehand is what is sent.
 */

export interface Drawn {
  picture: Blob
  width: number
  height: number
}

/** as large as the server keeps it */
const most = 1200

/** White, with an edge that keeps it readable on snow and on a wedding dress. */
export async function drawText(text: string): Promise<Drawn> {
  const font = (size: number) => `400 ${size}px "Source Serif 4", Georgia, serif`
  await document.fonts.load(font(100), text).catch(() => undefined)
  const canvas = document.createElement('canvas')
  const ink = canvas.getContext('2d')!
  ink.font = font(100)
  const size = Math.min(160, (100 * (most - 40)) / Math.max(1, ink.measureText(text).width))
  ink.font = font(size)
  const { width, actualBoundingBoxAscent: above, actualBoundingBoxDescent: below } = ink.measureText(text)
  const edge = Math.ceil(size / 8)
  canvas.width = Math.ceil(width) + 2 * edge
  canvas.height = Math.ceil(above + below) + 2 * edge
  ink.font = font(size)
  ink.shadowColor = 'rgb(0 0 0 / 0.55)'
  ink.shadowBlur = size / 14
  ink.fillStyle = '#fff'
  ink.fillText(text, edge, edge + above)
  return finish(canvas)
}

/** Throws when the file is no picture. */
export async function drawFile(file: Blob): Promise<Drawn> {
  const bitmap = await createImageBitmap(file)
  const fit = Math.min(1, most / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * fit))
  canvas.height = Math.max(1, Math.round(bitmap.height * fit))
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return finish(canvas)
}

const finish = (canvas: HTMLCanvasElement): Promise<Drawn> =>
  new Promise((done, failed) =>
    canvas.toBlob((picture) => (picture ? done({ picture, width: canvas.width, height: canvas.height }) : failed(new Error('no picture')))),
  )
