/** A small service for sharp.test.ts: renders one picture, tells its helper's id, and waits to be killed. */
import sharp from 'sharp'
import { sharpImages } from './sharp.ts'

const images = sharpImages({ processes: 1 })
const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#a52' } })
  .png()
  .toBuffer()
await images.render(
  (async function* () {
    yield picture
  })(),
)
process.send!(images.pids()[0])
setInterval(() => {}, 60_000)
