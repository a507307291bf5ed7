/** To the photographer: stored bytes are not what was uploaded any more. */
import type { Composed } from './blocks.ts'
import { type Catalog, type Locale, longestName, longestTitle, mostNames, oneLine, shared } from './words.ts'

export interface DamageFound {
  title: string
  /** the archive is damaged, not an original */
  inArchive: boolean
  /** names of the damaged files; none when the archive's own structure is damaged */
  files: string[]
  /** the gallery in the studio */
  link: string
}

export function damageFound(data: DamageFound, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const names = data.files.slice(0, mostNames).map((name) => oneLine(name, longestName))
  const more = data.files.length > mostNames ? [common.more(data.files.length - mostNames)] : []
  return {
    subject: words.subject(title),
    preheader: data.inArchive ? words.archive : words.original,
    blocks: [
      { heading: title },
      { text: data.inArchive ? words.archive : words.original },
      ...(names.length ? [{ list: [...names, ...more] }] : []),
      { text: data.inArchive ? words.archiveNext : words.originalNext },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  subject(title: string): string
  original: string
  originalNext: string
  archive: string
  archiveNext: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `A stored file of "${title}" is damaged`,
    original: 'When stored files were read again, this original was not what you uploaded:',
    originalNext:
      'It is left out of new archives. Upload the same photo once more: it takes its old place by itself. Older archives may still hold it.',
    archive: 'When stored files were read again, an archive of this gallery was not what it was when it was proven.',
    archiveNext:
      'An archive of an open gallery is built again by itself. If the gallery is archived, everything that is still whole comes back when you restore it.',
  },
  de: {
    subject: (title) => `Eine gespeicherte Datei von „${title}“ ist beschädigt`,
    original: 'Beim erneuten Lesen der gespeicherten Dateien war dieses Original nicht mehr das, was Sie hochgeladen haben:',
    originalNext:
      'In neuen Archiven fehlt es. Laden Sie dasselbe Foto noch einmal hoch: Es nimmt von selbst seinen alten Platz ein. Ältere Archive enthalten es vielleicht noch.',
    archive: 'Beim erneuten Lesen der gespeicherten Dateien war ein Archiv dieser Galerie nicht mehr das, was geprüft worden war.',
    archiveNext:
      'Das Archiv einer offenen Galerie wird von selbst neu erstellt. Ist die Galerie archiviert, kommt beim Wiederherstellen alles zurück, was noch unversehrt ist.',
  },
  ru: {
    subject: (title) => `Повреждён сохранённый файл галереи «${title}»`,
    original: 'При повторном чтении сохранённых файлов этот оригинал оказался не таким, каким вы его загрузили:',
    originalNext:
      'В новых архивах его нет. Загрузите ту же фотографию ещё раз: она сама займёт прежнее место. В старых архивах она, возможно, ещё есть.',
    archive: 'При повторном чтении сохранённых файлов архив этой галереи оказался не таким, каким был при проверке.',
    archiveNext: 'Архив открытой галереи будет собран заново сам. Если галерея архивирована, при восстановлении вернётся всё, что уцелело.',
  },
}
