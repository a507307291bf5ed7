/** A guest asks for a gallery that is archived. Who asks learns nothing: the answer is the same where there never was one. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { after, days } from '../../base/clock.ts'
import { findGallery, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { tell, wasTold } from '../../data/notifications.ts'
import type { Locale } from '../../domain/gallery.ts'
import { answerNotice, speaks } from '../../http/notice.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

/** Its photographer is told once a day, however many ask. */
export async function askRestore(deps: Needs, request: FastifyRequest, reply: FastifyReply, idOrSlug: string): Promise<FastifyReply> {
  const found = await findGallery(deps.db, idOrSlug)
  if (found?.state === 'archived') await pass(deps, found.id)
  const locale = speaks(request, undefined)
  const [title, text] = words[locale]
  return answerNotice(reply, 202, locale, { title, text, icon: 'mail' })
}

async function pass({ db, clock }: Needs, id: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, id)
    const now = clock.now()
    if (gallery.state !== 'archived' || (await wasTold(tx, id, 'restore_asked', after(now, -days(1))))) return
    await tell(tx, gallery, 'restore_asked', now)
  })
}

const words: Record<Locale, [title: string, text: string]> = {
  en: [
    'Your wish has been passed on',
    'If there has been a gallery at this address, its photographer is told that you would like to see it again. Should you hear nothing, reply to the letter that brought you here.',
  ],
  de: [
    'Ihr Wunsch ist weitergegeben',
    'Wenn es unter dieser Adresse eine Galerie gab, erfährt das Fotostudio, dass Sie sie noch einmal sehen möchten. Hören Sie nichts, antworten Sie auf den Brief, der Sie hierher geführt hat.',
  ],
  ru: [
    'Ваша просьба передана',
    'Если по этому адресу была галерея, фотограф узнает, что вы хотели бы снова её увидеть. Если ответа не будет, ответьте на письмо, которое привело вас сюда.',
  ],
}
