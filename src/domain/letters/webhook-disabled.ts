/** To the photographer: a webhook of theirs was switched off. */
import type { Composed } from './blocks.ts'
import { type Catalog, type Locale, oneLine } from './words.ts'

export interface WebhookDisabled {
  /** the server that was told; the rest of the address may be its secret */
  host: string
  /** it said so; it took nothing for days; its secret cannot be read any more */
  reason: 'gone' | 'failing' | 'secret_lost'
  /** the studio */
  link: string
}

export function webhookDisabled(data: WebhookDisabled, locale: Locale): Composed {
  const words = catalog[locale]
  const host = oneLine(data.host, 120)
  return {
    subject: words.subject(host),
    preheader: words[data.reason](host),
    blocks: [
      { heading: words.heading },
      { text: words[data.reason](host) },
      { text: words.next[data.reason] },
      { text: words.harmless },
      { button: words.open, link: data.link, or: words.or },
      { small: words.why },
    ],
  }
}

interface Words {
  subject(host: string): string
  heading: string
  gone(host: string): string
  failing(host: string): string
  secret_lost(host: string): string
  next: Record<WebhookDisabled['reason'], string>
  harmless: string
  open: string
  or: string
  why: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (host) => `The webhook to ${host} was switched off`,
    heading: 'A webhook was switched off',
    gone: (host) => `${host} answered that it wants no more messages (410).`,
    failing: (host) => `${host} has taken no message for several days.`,
    secret_lost: (host) => `Messages to ${host} cannot be signed any more: the secret of the installation was replaced.`,
    next: {
      gone: 'If that is a mistake, ask whoever runs that server, and then switch the webhook on again.',
      failing: 'Ask whoever runs that server to look at it. Then switch the webhook on again and send the messages that failed once more.',
      secret_lost: 'Give the webhook a new secret, enter it at that server, and then switch the webhook on again.',
    },
    harmless: 'Your galleries, archives and letters are not touched by this.',
    open: 'Open Keepsake',
    or: 'Or copy this link into your browser:',
    why: 'You get this letter because this webhook belongs to your account.',
  },
  de: {
    subject: (host) => `Der Webhook zu ${host} wurde abgeschaltet`,
    heading: 'Ein Webhook wurde abgeschaltet',
    gone: (host) => `${host} hat geantwortet, dass keine Nachrichten mehr gewünscht sind (410).`,
    failing: (host) => `${host} hat seit mehreren Tagen keine Nachricht angenommen.`,
    secret_lost: (host) =>
      `Nachrichten an ${host} können nicht mehr unterschrieben werden: Das Geheimnis dieser Installation wurde ausgetauscht.`,
    next: {
      gone: 'Falls das ein Irrtum ist, fragen Sie die Betreiber dieses Servers und schalten Sie den Webhook danach wieder ein.',
      failing:
        'Bitten Sie die Betreiber dieses Servers, nachzusehen. Schalten Sie den Webhook danach wieder ein und senden Sie die fehlgeschlagenen Nachrichten erneut.',
      secret_lost:
        'Geben Sie dem Webhook ein neues Geheimnis, tragen Sie es bei diesem Server ein und schalten Sie den Webhook danach wieder ein.',
    },
    harmless: 'Ihre Galerien, Archive und Briefe sind davon nicht betroffen.',
    open: 'Keepsake öffnen',
    or: 'Oder diesen Link in den Browser kopieren:',
    why: 'Sie erhalten diesen Brief, weil dieser Webhook zu Ihrem Konto gehört.',
  },
  ru: {
    subject: (host) => `Вебхук на ${host} отключён`,
    heading: 'Вебхук отключён',
    gone: (host) => `Сервер ${host} ответил, что больше не принимает сообщения (410).`,
    failing: (host) => `Сервер ${host} уже несколько дней не принимает сообщения.`,
    secret_lost: (host) => `Сообщения для ${host} больше нельзя подписать: секрет этой установки был заменён.`,
    next: {
      gone: 'Если это ошибка, обратитесь к тем, кто обслуживает этот сервер, и затем снова включите вебхук.',
      failing:
        'Попросите тех, кто обслуживает этот сервер, проверить его. Затем снова включите вебхук и отправьте недоставленные сообщения ещё раз.',
      secret_lost: 'Создайте для вебхука новый секрет, укажите его на этом сервере и затем снова включите вебхук.',
    },
    harmless: 'Ваши галереи, архивы и письма это не затрагивает.',
    open: 'Открыть Keepsake',
    or: 'Или скопируйте эту ссылку в браузер:',
    why: 'Вы получили это письмо, потому что этот вебхук принадлежит вашей учётной записи.',
  },
}
