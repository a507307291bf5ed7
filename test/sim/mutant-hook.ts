/** Loaded before a short run: puts the patches of the mutant in KEEPSAKE_SIM_MUTANT into the sources as they are read. */
import { registerHooks } from 'node:module'
import { mutants } from './mutants.ts'

const mutant = mutants.find(({ name }) => name === process.env.KEEPSAKE_SIM_MUTANT)
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const patches = mutant?.patches.filter(({ file }) => url.endsWith(`/${file}`)) ?? []
    if (!patches.length) return loaded
    const source = patches.reduce((text, { find, replace }) => text.replace(find, () => replace), String(loaded.source))
    return { ...loaded, source }
  },
})
