/** To the photographer: letters to an address do not arrive, or are not wanted there. */
import type { Composed } from './blocks.ts'
import { type Catalog, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface MailBounced {
  title: string
  /** the address that gets no more letters */
  address: string
  reason: 'bounce' | 'complaint'
  /** what the mail server or service said */
  detail?: string
  /** the gallery in the studio */
  link: string
}

export function mailBounced(data: MailBounced, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const address = oneLine(data.address, 254)
  const said = oneLine(data.detail ?? '', 500)
  return {
    subject: words.subject[data.reason](title),
    preheader: words[data.reason](address),
    blocks: [
      { heading: title },
      { text: words[data.reason](address) },
      { text: words.next[data.reason] },
      { facts: [[words.addressLabel, address], ...(said ? [[words.saidLabel, said] as [string, string]] : [])] },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  subject: Record<MailBounced['reason'], (title: string) => string>
  bounce(address: string): string
  complaint(address: string): string
  next: Record<MailBounced['reason'], string>
  addressLabel: string
  saidLabel: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: {
      bounce: (title) => `A letter about "${title}" did not arrive`,
      complaint: (title) => `A letter about "${title}" was marked as spam`,
    },
    bounce: (address) => `${address} takes no letters: the mail server says that there is no such mailbox.`,
    complaint: (address) => `Somebody at ${address} has marked a letter of yours as spam.`,
    next: {
      bounce:
        'No further letter goes there. Ask your client for the right address and add it to the gallery. If the address is right, allow letters to it again in the outbox.',
      complaint:
        'No further letter goes there. Speak with your client; if it was a mistake, allow letters to this address again in the outbox.',
    },
    addressLabel: 'Address',
    saidLabel: 'What was answered',
  },
  de: {
    subject: {
      bounce: (title) => `Ein Brief zu „${title}“ ist nicht angekommen`,
      complaint: (title) => `Ein Brief zu „${title}“ wurde als Spam gemeldet`,
    },
    bounce: (address) => `${address} nimmt keine Briefe an: Laut dem Mailserver gibt es dieses Postfach nicht.`,
    complaint: (address) => `Ein Brief von Ihnen wurde unter ${address} als Spam gemeldet.`,
    next: {
      bounce:
        'Dorthin geht kein weiterer Brief. Erfragen Sie die richtige Adresse und fügen Sie sie der Galerie hinzu. Stimmt die Adresse doch, lassen Sie Briefe an sie im Postausgang wieder zu.',
      complaint:
        'Dorthin geht kein weiterer Brief. Sprechen Sie mit Ihrer Kundin oder Ihrem Kunden; war es ein Versehen, lassen Sie Briefe an diese Adresse im Postausgang wieder zu.',
    },
    addressLabel: 'Adresse',
    saidLabel: 'Antwort',
  },
  ru: {
    subject: {
      bounce: (title) => `Письмо о галерее «${title}» не доставлено`,
      complaint: (title) => `Письмо о галерее «${title}» отмечено как спам`,
    },
    bounce: (address) => `Адрес ${address} не принимает письма: почтовый сервер отвечает, что такого ящика нет.`,
    complaint: (address) => `Получатель ${address} отметил ваше письмо как спам.`,
    next: {
      bounce:
        'Больше писем на этот адрес не будет. Узнайте верный адрес и добавьте его в галерею. Если адрес верен, снова разрешите письма на него в разделе исходящих.',
      complaint:
        'Больше писем на этот адрес не будет. Поговорите с клиентом; если это ошибка, снова разрешите письма на этот адрес в разделе исходящих.',
    },
    addressLabel: 'Адрес',
    saidLabel: 'Ответ',
  },
}
