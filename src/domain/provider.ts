/** What we know of the providers whose media are rescued: how long they keep files, where those lie, how often they may be asked. */

export interface ProviderRules {
  name: string
  /** days from the making of a file to its deletion; null: what the installation says (PROVIDER_RETENTION_DAYS) */
  retentionDays: number | null
  /** days from its making to our first fetch; null: what the installation says (RESCUE_LEAD_DAYS) */
  leadDays: number | null
  /** hosts that its files lie on, those below them too; null: any public one */
  hosts: readonly string[] | null
  /** sent with every fetch of a file */
  headers: Readonly<Record<string, string>>
  /** requests that one process begins in a second, of all its fetches together */
  perSecond: number
}

const usual: Omit<ProviderRules, 'name'> = {
  retentionDays: null,
  leadDays: null,
  hosts: null,
  headers: { 'user-agent': 'Keepsake' },
  perSecond: 10,
}

const known: Readonly<Record<string, Partial<ProviderRules>>> = {
  // both are mostly used through others' APIs, which hand out files on hosts of their own
  suno: {},
  mureka: {},
  // output of predictions made by API goes after an hour (replicate.com/docs, Data retention)
  replicate: { retentionDays: 1 / 24, leadDays: 0, hosts: ['replicate.delivery'] },
}

/** The rules for a provider by its name in small letters; one that nobody has heard of has the usual ones. */
export const providerRules = (name: string): ProviderRules => ({ ...usual, ...(isUsual(name) ? {} : known[name]), name })

/** Has it no rules of its own? */
export const isUsual = (name: string): boolean => !Object.hasOwn(known, name)

/** May files of this provider lie at that address? */
export function isHostOf({ hosts }: Pick<ProviderRules, 'hosts'>, url: string): boolean {
  if (hosts === null) return true
  const host = URL.parse(url)?.hostname
  return host !== undefined && hosts.some((known) => host === known || host.endsWith(`.${known}`))
}
