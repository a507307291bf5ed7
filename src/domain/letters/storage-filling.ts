/** To those who run the installation: the disk is filling up. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, formatNumber, formatSize, type Locale, shared } from './words.ts'

export interface StorageFilling {
  /** whole percent in use */
  percent: number
  /** free bytes */
  free: number
  at: Date
  /** the studio */
  link: string
  timeZone?: string
}

export function storageFilling(data: StorageFilling, locale: Locale): Composed {
  const words = catalog[locale]
  const percent = formatNumber(data.percent, locale)
  const text = data.percent >= 95 ? words.full : words.filling
  return {
    subject: words.subject(percent),
    preheader: text,
    blocks: [
      { heading: words.subject(percent) },
      { text },
      {
        facts: [
          [words.freeLabel, formatSize(data.free, locale)],
          [words.atLabel, formatMoment(data.at, locale, data.timeZone)],
        ],
      },
      { text: words.next },
      { text: words.safe },
      { button: words.open, link: data.link, or: shared[locale].orLink },
      { small: words.why },
    ],
  }
}

interface Words {
  subject(percent: string): string
  filling: string
  full: string
  freeLabel: string
  atLabel: string
  next: string
  safe: string
  open: string
  why: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (percent) => `The storage is ${percent} % full`,
    filling: 'The disk that holds your photos and archives is filling up.',
    full: 'The disk that holds your photos and archives is almost full. Uploads and archives stop when there is no room left.',
    freeLabel: 'Free',
    atLabel: 'Seen',
    next: 'Attach a larger disk or free some space. Archiving galleries that have done their job makes room as well: their originals go into one file.',
    safe: 'Nothing that is stored is lost by this. Work that stopped goes on by itself when there is room.',
    open: 'Open Keepsake',
    why: 'You get this letter because you run this installation.',
  },
  de: {
    subject: (percent) => `Der Speicher ist zu ${percent} % voll`,
    filling: 'Die Platte mit Ihren Fotos und Archiven füllt sich.',
    full: 'Die Platte mit Ihren Fotos und Archiven ist fast voll. Ist kein Platz mehr da, halten Uploads und Archive an.',
    freeLabel: 'Frei',
    atLabel: 'Gesehen',
    next: 'Schließen Sie eine größere Platte an oder schaffen Sie Platz. Auch das Archivieren erledigter Galerien hilft: Ihre Originale gehen in eine Datei.',
    safe: 'Was gespeichert ist, geht dadurch nicht verloren. Angehaltene Arbeit geht von selbst weiter, sobald Platz da ist.',
    open: 'Keepsake öffnen',
    why: 'Sie erhalten diesen Brief, weil Sie diese Installation betreiben.',
  },
  ru: {
    subject: (percent) => `Хранилище заполнено на ${percent} %`,
    filling: 'Диск с вашими снимками и архивами заполняется.',
    full: 'Диск с вашими снимками и архивами почти заполнен. Когда места не останется, загрузки и сборка архивов остановятся.',
    freeLabel: 'Свободно',
    atLabel: 'Замечено',
    next: 'Подключите диск побольше или освободите место. Помогает и архивирование завершённых галерей: их оригиналы уходят в один файл.',
    safe: 'Сохранённое при этом не теряется. Остановленная работа продолжится сама, когда появится место.',
    open: 'Открыть Keepsake',
    why: 'Вы получили это письмо, потому что обслуживаете эту установку.',
  },
}
