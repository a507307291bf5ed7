/** What the editor of the texts for guests asks. */
import { call, type EditablePage, type Locale, type PreviewedPage } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

export type PageName = EditablePage['name']
const path = (name: PageName, locale: Locale) => `/api/pages/${name}/${locale}`
export const usePage = (name: PageName, locale: Locale) =>
  useAsk(['page', name, locale], (signal) => call<EditablePage>('GET', path(name, locale), undefined, signal))
export const savePage = (name: PageName, locale: Locale, markdown: string) => call<EditablePage>('PUT', path(name, locale), { markdown })
export const dropPage = (name: PageName, locale: Locale) => call<void>('DELETE', path(name, locale))
/** As guests would see it, unsaved. */
export const usePreview = (markdown: string) =>
  useAsk(['preview', markdown], (signal) => call<PreviewedPage>('POST', '/api/pages/preview', { markdown }, signal), { keep: true })
