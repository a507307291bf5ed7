/** To somebody who chose photos and wanted to hear of them: they could not be packed. */
import type { Composed } from './blocks.ts'
import { type Catalog, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface ExportFailed {
  title: string
  /** the gallery's page, where one asks again */
  link: string
}

export function exportFailed(data: ExportFailed, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  return {
    subject: words.subject(title),
    preheader: words.next,
    blocks: [
      { heading: title },
      { text: words.text },
      { text: words.next },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.chosenWhy },
    ],
  }
}

interface Words {
  subject(title: string): string
  text: string
  next: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `Your photos from "${title}" could not be packed`,
    text: 'The photos you chose could not be packed into a file.',
    next: 'Open the gallery and ask for them again, or reply to this letter to reach your photographer.',
  },
  de: {
    subject: (title) => `Ihre Fotos aus „${title}“ konnten nicht gepackt werden`,
    text: 'Die Fotos, die Sie ausgewählt haben, konnten nicht in eine Datei gepackt werden.',
    next: 'Öffnen Sie die Galerie und wählen Sie sie noch einmal aus, oder antworten Sie auf diesen Brief, um das Fotostudio zu erreichen.',
  },
  ru: {
    subject: (title) => `Не удалось подготовить фотографии из галереи «${title}»`,
    text: 'Не удалось упаковать в файл фотографии, которые вы выбрали.',
    next: 'Откройте галерею и запросите их ещё раз или ответьте на это письмо, чтобы связаться с фотографом.',
  },
}
