/** To a client whose link has ended: the new one that was asked for on its page. */
import type { Composed } from './blocks.ts'
import { composeDownload, type Download, type DownloadWords } from './download.ts'
import type { Catalog, Locale } from './words.ts'

export const linkRenewed = (data: Download, locale: Locale): Composed => composeDownload(data, locale, catalog[locale])

const catalog: Catalog<DownloadWords> = {
  en: {
    subject: (title) => `Your new link to "${title}"`,
    text: (_from, photos, size) =>
      `Here is the new link you asked for: ${photos} in one ZIP file of ${size}. The link before it has ended.`,
    why: () =>
      'You get this letter because somebody who holds your earlier link asked for a new one. If it was not you, you need do nothing: the link went to you alone.',
  },
  de: {
    subject: (title) => `Ihr neuer Link zu „${title}“`,
    text: (_from, photos, size) =>
      `Hier ist der neue Link, um den Sie gebeten haben: ${photos} in einer ZIP-Datei mit ${size}. Der vorige ist abgelaufen.`,
    why: () =>
      'Sie erhalten diesen Brief, weil jemand, der Ihren früheren Link hat, um einen neuen gebeten hat. Waren Sie es nicht, müssen Sie nichts tun: Der Link ging nur an Sie.',
  },
  ru: {
    subject: (title) => `Новая ссылка на галерею «${title}»`,
    text: (_from, photos, size) =>
      `Вот новая ссылка, о которой вы просили. В одном ZIP-файле ${photos}, размер ${size}. Прежняя больше не действует.`,
    why: () =>
      'Вы получили это письмо, потому что новую ссылку запросил тот, у кого есть ваша прежняя. Если это были не вы, ничего делать не нужно: ссылка отправлена только вам.',
  },
}
