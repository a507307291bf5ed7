/** The pages that an installation may write itself, in Markdown: what guests read of a gallery that has ended or is not there. */
import type { Locale } from './gallery.ts'

export const pageNames = ['gallery-not-found', 'gallery-expired'] as const
export type PageName = (typeof pageNames)[number]

/** Longer ones are no notice any more. */
export const longestPage = 20_000

/** What a page says until somebody writes another one (004 gives the first sentence). */
export const defaultPages: Record<PageName, Record<Locale, string>> = {
  'gallery-not-found': {
    en: `# This gallery is no longer available.

Do you still need the photos? Reply to the letter that brought you here: the answer reaches your photographer, who can open an archived gallery again. If you typed the address, check that it is complete.
`,
    de: `# Diese Galerie ist nicht mehr verfügbar.

Brauchen Sie die Fotos noch? Antworten Sie auf den Brief, der Sie hierher geführt hat: Die Antwort erreicht Ihr Fotostudio, das eine archivierte Galerie wieder öffnen kann. Haben Sie die Adresse eingetippt, prüfen Sie, ob sie vollständig ist.
`,
    ru: `# Эта галерея больше недоступна.

Снимки ещё нужны? Ответьте на письмо, которое привело вас сюда: ответ получит ваш фотограф, он может снова открыть галерею из архива. Если вы набирали адрес вручную, проверьте, полностью ли он введён.
`,
  },
  'gallery-expired': {
    en: `# This gallery has ended

This gallery is no longer available. Ask your photographer if you still need the photos: they can open it again.
`,
    de: `# Diese Galerie ist abgelaufen

Diese Galerie ist nicht mehr verfügbar. Fragen Sie bei Ihrem Fotostudio nach, wenn Sie die Fotos noch brauchen: Dort lässt sie sich wieder öffnen.
`,
    ru: `# Срок галереи истёк

Эта галерея больше недоступна. Спросите фотографа, если снимки вам ещё нужны: он может открыть её снова.
`,
  },
}
