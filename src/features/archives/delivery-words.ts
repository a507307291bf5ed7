/** What the page of a letter's link says, in three languages. */
import { formatNumber, type Locale, plural } from '../../domain/letters/words.ts'

const en = {
  ready: 'Your photos are ready',
  checked: (when: string, until: string) => `Packed and checked on ${when}. The link works until ${until}.`,
  download: (size: string) => `Download everything · ${size}`,
  resume: 'If the connection drops, press Resume in your browser’s download list. It continues where it stopped.',
  preparing: 'Preparing your download',
  noWait: (until: string) => `You need not wait: the download works already while it is being packed. The link works until ${until}.`,
  packed: (done: number, all: number, bytes: string, size: string) =>
    `${formatNumber(done, 'en')} of ${plural('en', all, { one: 'photo', other: 'photos' })} packed · ${bytes} of ${size}`,
  left: (minutes: number) =>
    minutes < 1 ? 'less than a minute left' : `about ${plural('en', minutes, { one: 'minute', other: 'minutes' })} left`,
  steps: ['Queued', 'Pack', 'Verify', 'Ready'],
  inside: (n: number, all: number) =>
    `${formatNumber(n, 'en')} of ${formatNumber(all, 'en')} photos are inside. These could not be read; your photographer has been told:`,
  newer: 'There is a newer version of this gallery',
  newerText: (when: string) => `Photos have changed since this file was packed on ${when}.`,
  sendNewer: 'Send me the newer version',
  older: (until: string) => `The earlier file can still be had until ${until}.`,
  smaller: 'Slow connection? On the page of the gallery you can take it in smaller files.',
  gallery: 'Open the gallery',
  parts: 'For a USB stick or an old computer: several files below 4 GB instead of one.',
  askParts: 'Take it in smaller files',
  partsWait: 'The smaller files are being packed. You may close this page and come back to it.',
  partsReady: 'Your photos are ready, in smaller files',
  partsText: (until: string) => `Save all of them; each opens by itself. They are here until ${until}.`,
  whole: 'Back to the one file',
  check: 'Check the file after the download',
  howTo: [
    'Compare this line with what your computer says of the file. Windows: certutil -hashfile FILE SHA256 · macOS: shasum -a 256 FILE · Linux: sha256sum FILE',
  ],
  failed: 'The photos could not be packed',
  failedText: 'Your photographer has been told.',
  failedUntil: (when: string) => `Your photographer has been told. The next try is possible from ${when}.`,
  retry: 'Try once more',
}
type Words = typeof en

const de: Words = {
  ready: 'Ihre Fotos sind fertig',
  checked: (when, until) => `Gepackt und geprüft am ${when}. Der Link gilt bis ${until}.`,
  download: (size) => `Alles herunterladen · ${size}`,
  resume:
    'Bricht die Verbindung ab, drücken Sie in der Downloadliste Ihres Browsers auf „Fortsetzen“. Es geht dort weiter, wo es aufgehört hat.',
  preparing: 'Ihr Download wird vorbereitet',
  noWait: (until) => `Sie müssen nicht warten: Der Download geht schon, während gepackt wird. Der Link gilt bis ${until}.`,
  packed: (done, all, bytes, size) =>
    `${formatNumber(done, 'de')} von ${plural('de', all, { one: 'Foto', other: 'Fotos' })} gepackt · ${bytes} von ${size}`,
  left: (minutes) => (minutes < 1 ? 'weniger als eine Minute' : `noch etwa ${plural('de', minutes, { one: 'Minute', other: 'Minuten' })}`),
  steps: ['Wartet', 'Packen', 'Prüfen', 'Fertig'],
  inside: (n, all) =>
    `${formatNumber(n, 'de')} von ${formatNumber(all, 'de')} Fotos sind enthalten. Diese konnten nicht gelesen werden; das Fotostudio weiß davon:`,
  newer: 'Von dieser Galerie gibt es eine neuere Fassung',
  newerText: (when) => `Seit diese Datei gepackt wurde (${when}), haben sich Fotos geändert.`,
  sendNewer: 'Neuere Fassung senden',
  older: (until) => `Die frühere Datei gibt es noch bis ${until}.`,
  smaller: 'Langsame Verbindung? Auf der Seite der Galerie bekommen Sie kleinere Dateien.',
  gallery: 'Zur Galerie',
  parts: 'Für USB-Stick oder alten Rechner: mehrere Dateien unter 4 GB statt einer.',
  askParts: 'In kleineren Dateien laden',
  partsWait: 'Die kleineren Dateien werden gepackt. Sie können diese Seite schließen und wiederkommen.',
  partsReady: 'Ihre Fotos sind fertig, in kleineren Dateien',
  partsText: (until) => `Speichern Sie alle; jede lässt sich für sich öffnen. Sie sind hier bis ${until}.`,
  whole: 'Zurück zur einen Datei',
  check: 'Die Datei nach dem Download prüfen',
  howTo: [
    'Vergleichen Sie diese Zeile mit dem, was Ihr Rechner über die Datei sagt. Windows: certutil -hashfile DATEI SHA256 · macOS: shasum -a 256 DATEI · Linux: sha256sum DATEI',
  ],
  failed: 'Die Fotos konnten nicht gepackt werden',
  failedText: 'Das Fotostudio weiß davon.',
  failedUntil: (when) => `Das Fotostudio weiß davon. Der nächste Versuch geht ab ${when}.`,
  retry: 'Noch einmal versuchen',
}

const ru: Words = {
  ready: 'Ваши снимки готовы',
  checked: (when, until) => `Упаковано и проверено: ${when}. Ссылка действует до: ${until}.`,
  download: (size) => `Скачать всё · ${size}`,
  resume: 'Если связь прервётся, нажмите «Продолжить» в списке загрузок браузера: загрузка пойдёт с того же места.',
  preparing: 'Готовим вашу загрузку',
  noWait: (until) => `Ждать не нужно: скачивать можно уже во время упаковки. Ссылка действует до: ${until}.`,
  packed: (done, all, bytes, size) =>
    `Упаковано ${formatNumber(done, 'ru')} из ${plural('ru', all, { one: 'фотографии', few: 'фотографий', many: 'фотографий', other: 'фотографий' })} · ${bytes} из ${size}`,
  left: (minutes) =>
    minutes < 1
      ? 'осталось меньше минуты'
      : `осталось около ${plural('ru', minutes, { one: 'минуты', few: 'минут', many: 'минут', other: 'минут' })}`,
  steps: ['В очереди', 'Упаковка', 'Проверка', 'Готово'],
  inside: (n, all) =>
    `Внутри ${formatNumber(n, 'ru')} из ${formatNumber(all, 'ru')} фотографий. Эти прочитать не удалось; фотограф уже знает:`,
  newer: 'Есть более новая версия этой галереи',
  newerText: (when) => `Снимки изменились с тех пор, как был упакован этот файл: ${when}.`,
  sendNewer: 'Прислать новую версию',
  older: (until) => `Прежний файл можно скачать до: ${until}.`,
  smaller: 'Медленная связь? На странице галереи можно скачать файлами поменьше.',
  gallery: 'К галерее',
  parts: 'Для флешки или старого компьютера: несколько файлов меньше 4 ГБ вместо одного.',
  askParts: 'Скачать файлами поменьше',
  partsWait: 'Файлы поменьше упаковываются. Страницу можно закрыть и вернуться позже.',
  partsReady: 'Ваши снимки готовы, файлами поменьше',
  partsText: (until) => `Сохраните все; каждый открывается сам по себе. Они будут здесь до: ${until}.`,
  whole: 'Назад к одному файлу',
  check: 'Проверить файл после загрузки',
  howTo: [
    'Сравните эту строку с тем, что компьютер говорит о файле. Windows: certutil -hashfile ФАЙЛ SHA256 · macOS: shasum -a 256 ФАЙЛ · Linux: sha256sum ФАЙЛ',
  ],
  failed: 'Не удалось упаковать снимки',
  failedText: 'Фотограф уже знает об этом.',
  failedUntil: (when) => `Фотограф уже знает об этом. Следующая попытка возможна с: ${when}.`,
  retry: 'Попробовать ещё раз',
}

export const deliveryWords: Record<Locale, Words> = { en, de, ru }
