/** Puts the photos that stand in the page's HTML in their places before the program comes; a script of its own, 1 KB. */
import { placeFirst } from './place-first.ts'

placeFirst()
