/** When a change of a published gallery's content asks for a new archive (rule 10 of docs/design.md). */
import { seconds } from '../base/clock.ts'

// Hundreds of uploads in a row make one build: the first starts the wait, the build takes what is there when it begins.
export const debounce = seconds(10)
