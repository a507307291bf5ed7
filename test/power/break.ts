/** Breaks our own code as it is loaded, for controls: KEEPSAKE_BREAK is JSON of [{file, find, replace}]. Used with --import. */
import { registerHooks } from 'node:module'

export interface Break {
  /** how the module's address ends */
  file: string
  find: string
  replace: string
}

const breaks = JSON.parse(process.env.KEEPSAKE_BREAK ?? '[]') as Break[]

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const ours = breaks.filter(({ file }) => url.endsWith(file))
    if (!ours.length) return loaded
    let text = String(loaded.source)
    for (const { find, replace } of ours) {
      // a control that breaks nothing would prove nothing
      if (!text.includes(find)) throw new Error(`${url} has no ${find}`)
      text = text.replaceAll(find, replace)
    }
    return { ...loaded, source: text }
  },
})
