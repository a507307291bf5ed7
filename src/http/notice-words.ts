/** What pages without a program say: a link that opens nothing (any more), and what can be done about it. */
import type { ErrorCode } from '../base/errors.ts'
import type { Locale } from '../domain/gallery.ts'
import type { Icon } from './icons.ts'

export type Gone = Extract<
  ErrorCode,
  | 'link_expired'
  | 'link_revoked'
  | 'link_used_up'
  | 'link_unknown'
  | 'access_ended'
  | 'download_disabled'
  | 'download_forbidden'
  | 'gallery_closed'
  | 'archive_failed'
  | 'original_missing'
  | 'too_many_requests'
>
/** What stands beside the words; a link without one. */
export const iconOf: Partial<Record<Gone, Icon>> = {
  link_expired: 'clock',
  access_ended: 'clock',
  gallery_closed: 'clock',
  download_disabled: 'lock',
  download_forbidden: 'lock',
  archive_failed: 'warn',
  original_missing: 'warn',
  too_many_requests: 'clock',
}
type Plate = [title: string, text: string]

export interface NoticeWords {
  gone: Record<Gone, Plate>
  /** under an ended link that can be sent anew, and its button */
  renew: (address: string) => string
  renewButton: string
  /** after the click */
  sent: (address: string) => Plate
  /** under an ended link that belongs to nobody */
  again: string
  toGallery: string
  /** a link that counts how often it is used */
  shared: Plate
  open: string
}

const en: NoticeWords = {
  gone: {
    link_expired: ['This link has ended', 'Links end after a while. Ask your photographer for a new one: your photos are still kept.'],
    link_revoked: ['This link was withdrawn', 'Your photographer has withdrawn this link. Ask them if you still need the photos.'],
    link_used_up: ['This link has been used up', 'It was made for a certain number of visits. Ask your photographer for a new one.'],
    link_unknown: ['There is nothing at this link', 'Perhaps it was cut off when it was copied. Open it once more from your letter.'],
    access_ended: ['Your access has ended', 'Your photographer opened this gallery to you for a certain time. Ask them to extend it.'],
    download_disabled: [
      'The download is closed',
      'Your photographer has switched downloads off for this gallery. Ask them if you need the photos.',
    ],
    download_forbidden: ['You may look, but not download', 'Ask your photographer if you would like to have the files.'],
    gallery_closed: ['This gallery has ended', 'Its photos are no longer shown. Ask your photographer to open it again.'],
    archive_failed: ['The photos cannot be packed at the moment', 'Your photographer has been told. Try again later.'],
    original_missing: ['This file is missing', 'Your photographer can see that it is. Ask them to upload it again.'],
    too_many_requests: ['That was too often', 'Wait a minute, then try again.'],
  },
  renew: (address) => `Download links end after a while. Your photos are still kept: one click, and a new link is sent to ${address}.`,
  renewButton: 'Send me a new link',
  sent: (address) => [
    'A new link is on its way',
    `It is sent to ${address}. Should it not arrive within a few minutes, look among the unwanted mail, or ask your photographer.`,
  ],
  again: 'Download links end after a while. You get a new one on the page of the gallery.',
  toGallery: 'To the gallery',
  shared: ['A gallery is shared with you', 'This link can be used a certain number of times. Opening the gallery counts as one.'],
  open: 'Open the gallery',
}

const de: NoticeWords = {
  gone: {
    link_expired: [
      'Dieser Link ist abgelaufen',
      'Links enden nach einiger Zeit. Bitten Sie um einen neuen: Ihre Fotos sind weiterhin aufbewahrt.',
    ],
    link_revoked: [
      'Dieser Link wurde zurückgezogen',
      'Die Fotografin oder der Fotograf hat ihn zurückgezogen. Fragen Sie dort nach, wenn Sie die Fotos noch brauchen.',
    ],
    link_used_up: ['Dieser Link ist aufgebraucht', 'Er galt für eine bestimmte Zahl von Besuchen. Bitten Sie um einen neuen.'],
    link_unknown: [
      'Unter diesem Link gibt es nichts',
      'Vielleicht wurde er beim Kopieren abgeschnitten. Öffnen Sie ihn noch einmal aus Ihrem Brief.',
    ],
    access_ended: [
      'Ihr Zugang ist abgelaufen',
      'Diese Galerie war für eine bestimmte Zeit für Sie offen. Bitten Sie darum, sie zu verlängern.',
    ],
    download_disabled: [
      'Der Download ist geschlossen',
      'Für diese Galerie ist das Herunterladen abgeschaltet. Fragen Sie nach, wenn Sie die Fotos brauchen.',
    ],
    download_forbidden: ['Sie dürfen ansehen, aber nicht herunterladen', 'Fragen Sie nach, wenn Sie die Dateien haben möchten.'],
    gallery_closed: ['Diese Galerie ist abgelaufen', 'Ihre Fotos werden nicht mehr gezeigt. Bitten Sie darum, sie wieder zu öffnen.'],
    archive_failed: [
      'Die Fotos können gerade nicht gepackt werden',
      'Die Fotografin oder der Fotograf weiß davon. Versuchen Sie es später noch einmal.',
    ],
    original_missing: [
      'Diese Datei fehlt',
      'Die Fotografin oder der Fotograf kann das sehen. Bitten Sie darum, sie noch einmal hochzuladen.',
    ],
    too_many_requests: ['Das war zu oft', 'Warten Sie eine Minute und versuchen Sie es dann noch einmal.'],
  },
  renew: (address) =>
    `Links zum Herunterladen enden nach einiger Zeit. Ihre Fotos sind weiterhin aufbewahrt: Ein Klick, und ein neuer Link geht an ${address}.`,
  renewButton: 'Neuen Link senden',
  sent: (address) => [
    'Ein neuer Link ist unterwegs',
    `Er geht an ${address}. Kommt er nicht in ein paar Minuten an, sehen Sie bei den unerwünschten Mails nach, oder fragen Sie nach.`,
  ],
  again: 'Links zum Herunterladen enden nach einiger Zeit. Einen neuen bekommen Sie auf der Seite der Galerie.',
  toGallery: 'Zur Galerie',
  shared: [
    'Eine Galerie wird mit Ihnen geteilt',
    'Dieser Link kann eine bestimmte Zahl von Malen benutzt werden. Das Öffnen der Galerie zählt als eines.',
  ],
  open: 'Galerie öffnen',
}

const ru: NoticeWords = {
  gone: {
    link_expired: [
      'Срок действия ссылки истёк',
      'Ссылки действуют ограниченное время. Попросите фотографа прислать новую: ваши снимки сохранены.',
    ],
    link_revoked: ['Ссылка отозвана', 'Фотограф отозвал эту ссылку. Спросите его, если снимки вам ещё нужны.'],
    link_used_up: ['Ссылка уже использована', 'Она была рассчитана на определённое число посещений. Попросите у фотографа новую.'],
    link_unknown: ['По этой ссылке ничего нет', 'Возможно, она скопирована не полностью. Откройте её ещё раз из письма.'],
    access_ended: ['Ваш доступ закончился', 'Галерея была открыта для вас на определённое время. Попросите фотографа продлить доступ.'],
    download_disabled: ['Скачивание закрыто', 'Фотограф отключил скачивание для этой галереи. Спросите его, если снимки вам нужны.'],
    download_forbidden: ['Смотреть можно, скачивать нельзя', 'Спросите фотографа, если хотите получить файлы.'],
    gallery_closed: ['Срок галереи истёк', 'Фотографии больше не показываются. Попросите фотографа открыть её снова.'],
    archive_failed: ['Сейчас снимки нельзя упаковать', 'Фотограф уже знает об этом. Попробуйте позже.'],
    original_missing: ['Этого файла нет', 'Фотограф видит это. Попросите загрузить файл ещё раз.'],
    too_many_requests: ['Слишком много попыток', 'Подождите минуту и попробуйте снова.'],
  },
  renew: (address) =>
    `Ссылки для скачивания действуют ограниченное время. Ваши снимки сохранены: одно нажатие, и новая ссылка придёт на ${address}.`,
  renewButton: 'Прислать новую ссылку',
  sent: (address) => [
    'Новая ссылка уже в пути',
    `Она придёт на ${address}. Если письма нет несколько минут, посмотрите в нежелательной почте или спросите фотографа.`,
  ],
  again: 'Ссылки для скачивания действуют ограниченное время. Новую можно получить на странице галереи.',
  toGallery: 'К галерее',
  shared: ['С вами поделились галереей', 'Эту ссылку можно использовать ограниченное число раз. Открытие галереи считается за один.'],
  open: 'Открыть галерею',
}

export const noticeWords: Record<Locale, NoticeWords> = { en, de, ru }
