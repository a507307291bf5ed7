/** A moment as it stands in bodies. */
import { z } from 'zod'

export const moment = z.iso.datetime({ offset: true }).refine((text) => text > '1970' && text < '9999', 'is no date of our time')
