/** Why an archive could not be built or a track not saved, as letters say it: English is the table of errors, its other words stand here. */
import { type ErrorCode, errorTable } from '../../base/errors.ts'
import type { Locale } from './words.ts'

/** What has no words here is said in English; what is no code is something that nobody foresaw. */
export function causeOf(code: string | null, locale: Locale): string {
  const known = code !== null && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal'
  return (locale === 'en' ? undefined : causes[locale][known]) ?? errorTable[known][1]
}

const causes: Record<Exclude<Locale, 'en'>, Partial<Record<ErrorCode, string>>> = {
  de: {
    internal: 'Bei uns ist etwas schiefgegangen. Verloren ist nichts.',
    unavailable: 'Datenbank oder Speicher waren nicht erreichbar.',
    storage_unreachable: 'Der Speicher war nicht erreichbar: Prüfen Sie, ob er eingehängt ist und läuft.',
    storage_full: 'Der Platz reicht nicht: Schaffen Sie Platz.',
    original_missing: 'Ein Original fehlt im Speicher oder ist beschädigt: Laden Sie das Foto noch einmal hoch.',
    source_changed: 'Eine gespeicherte Datei ist nicht mehr, wie sie hochgeladen wurde: Laden Sie sie noch einmal hoch.',
    archive_mismatch: 'Das gespeicherte Archiv war nicht, was hochgeladen wurde, und wurde verworfen.',
    content_changed: 'Die Galerie hat sich während des Archivierens geändert: Archivieren Sie sie noch einmal.',
    gallery_empty: 'In der Galerie sind keine Fotos: Laden Sie zuerst welche hoch.',
    no_progress: 'Die Arbeit kam 30 Minuten lang nicht voran und wurde abgebrochen.',
    media_type: 'Das ist kein Foto, Film oder Ton, der hier aufbewahrt werden kann.',
    address_refused: 'Die Adresse ist keine eines öffentlichen Servers.',
    remote_unreachable: 'Der Server des Anbieters ist nicht erreichbar oder hat nicht rechtzeitig geantwortet.',
    remote_too_large: 'Der Anbieter hat mehr gesendet, als von ihm angenommen wird.',
    remote_gone: 'Der Anbieter sagt, dass diese Datei nicht mehr da ist.',
    remote_busy: 'Der Anbieter bittet zu warten.',
    remote_unreadable: 'Der Anbieter hat etwas gesendet, das kein ganzes Bild, kein ganzer Ton oder Film ist.',
  },
  ru: {
    internal: 'У нас что-то пошло не так. Ничего не потеряно.',
    unavailable: 'База данных или хранилище были недоступны.',
    storage_unreachable: 'Хранилище было недоступно: проверьте, что оно подключено и работает.',
    storage_full: 'Места не хватает: освободите место.',
    original_missing: 'Оригинал пропал из хранилища или повреждён: загрузите фотографию ещё раз.',
    source_changed: 'Сохранённый файл уже не такой, каким был загружен: загрузите его ещё раз.',
    archive_mismatch: 'Сохранённый архив отличался от загруженного и отброшен.',
    content_changed: 'Галерея изменилась, пока её архивировали: архивируйте её ещё раз.',
    gallery_empty: 'В галерее нет фотографий: сначала загрузите их.',
    no_progress: 'Работа не продвигалась 30 минут и была остановлена.',
    media_type: 'Это не фотография, не видео и не звук из тех, что можно здесь хранить.',
    address_refused: 'Это адрес не общедоступного сервера.',
    remote_unreachable: 'Сервис недоступен или не ответил вовремя.',
    remote_too_large: 'Сервис прислал больше, чем от него принимается.',
    remote_gone: 'Сервис говорит, что этого файла больше нет.',
    remote_busy: 'Сервис просит подождать.',
    remote_unreadable: 'Сервис прислал не целую картинку, не целый звук и не целое видео.',
  },
}
