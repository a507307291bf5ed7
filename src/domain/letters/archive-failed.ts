/** To the photographer: the archive could not be built. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface ArchiveFailed {
  title: string
  /** a sentence, such as that of the error table */
  cause: string
  /** when it is tried again by itself; without it somebody has to press Retry */
  retryAt?: Date
  /** the gallery in the studio */
  link: string
  timeZone?: string
}

export function archiveFailed(data: ArchiveFailed, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const next = data.retryAt ? words.retried(formatMoment(data.retryAt, locale, data.timeZone)) : words.pressRetry
  return {
    subject: words.subject(title),
    preheader: `${words.nothingLost} ${next}`,
    blocks: [
      { heading: title },
      { text: words.text },
      {
        facts: [
          [words.causeLabel, oneLine(data.cause, 500)],
          [words.nextLabel, next],
        ],
      },
      { text: words.nothingLost },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  subject(title: string): string
  text: string
  causeLabel: string
  nextLabel: string
  retried(at: string): string
  pressRetry: string
  nothingLost: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `The archive of "${title}" could not be built`,
    text: 'The ZIP file of this gallery could not be built.',
    causeLabel: 'Cause',
    nextLabel: 'Next step',
    retried: (at) => `It is tried again by itself at ${at}; you need do nothing.`,
    pressRetry: 'Open the gallery, put the cause right and press Retry.',
    nothingLost: 'Your photos are safe: nothing was deleted.',
  },
  de: {
    subject: (title) => `Das Archiv von „${title}“ konnte nicht erstellt werden`,
    text: 'Die ZIP-Datei dieser Galerie konnte nicht erstellt werden.',
    causeLabel: 'Ursache',
    nextLabel: 'Nächster Schritt',
    retried: (at) => `Neuer Versuch von selbst: ${at}. Sie müssen nichts tun.`,
    pressRetry: 'Öffnen Sie die Galerie, beheben Sie die Ursache und drücken Sie auf „Erneut versuchen“.',
    nothingLost: 'Ihre Fotos sind sicher: Es wurde nichts gelöscht.',
  },
  ru: {
    subject: (title) => `Не удалось создать архив галереи «${title}»`,
    text: 'Не удалось создать ZIP-файл этой галереи.',
    causeLabel: 'Причина',
    nextLabel: 'Что дальше',
    retried: (at) => `Новая попытка начнётся сама: ${at}. Ничего делать не нужно.`,
    pressRetry: 'Откройте галерею, устраните причину и нажмите «Повторить».',
    nothingLost: 'Ваши фотографии в безопасности: ничего не удалено.',
  },
}
