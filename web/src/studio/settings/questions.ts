/** What the pages of settings ask. */
import {
  type Account,
  type ApiKey,
  call,
  type HealthReport,
  type Invitation,
  type KeyScope,
  type NewApiKey,
  type NewPasskey,
  type NewSecondFactor,
  type NewUser,
  type Page,
  type Passkey,
  type PasskeyOptions,
  type PasskeyProof,
  type UserAccount,
  type UserChange,
  type UserInput,
  type UserSettings,
} from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

export const useAccount = () => useAsk(['account'], (signal) => call<Account>('GET', '/api/account', undefined, signal))
export const changeName = (name: string) => call<Account>('PATCH', '/api/account', { name })
export const changePassword = (current: string, password: string) => call<void>('POST', '/api/account/password', { current, password })
export const beginSecondFactor = (password: string) => call<NewSecondFactor>('POST', '/api/account/second-factor', { password })
export const confirmSecondFactor = (code: string) => call<void>('POST', '/api/account/second-factor/confirm', { code })
export const endSecondFactor = (password: string) => call<void>('POST', '/api/account/second-factor/off', { password })

export const usePasskeys = () => useAsk(['passkeys'], (signal) => call<Page<Passkey>>('GET', '/api/account/passkeys', undefined, signal))
export const askForPasskey = (proof: PasskeyProof) => call<PasskeyOptions>('POST', '/api/account/passkeys/options', proof)
export const addPasskey = (made: NewPasskey) => call<Passkey>('POST', '/api/account/passkeys', made)
export const removePasskey = (id: string) => call<void>('DELETE', `/api/account/passkeys/${id}`)

export const useWishes = () => useAsk(['settings'], (signal) => call<UserSettings>('GET', '/api/settings', undefined, signal))
export const saveWishes = (wishes: UserSettings) => call<UserSettings>('PATCH', '/api/settings', wishes)

export const useKeys = () => useAsk(['keys'], (signal) => call<Page<ApiKey>>('GET', '/api/keys', undefined, signal))
export const createKey = (name: string, scopes: KeyScope[]) => call<NewApiKey>('POST', '/api/keys', { name, scopes })
export const revokeKey = (id: string) => call<void>('DELETE', `/api/keys/${id}`)

export const useUsers = () => useAsk(['users'], (signal) => call<Page<UserAccount>>('GET', '/api/users', undefined, signal))
export const addUser = (input: UserInput) => call<NewUser>('POST', '/api/users', input)
export const changeUser = (id: string, change: UserChange) => call<void>('PATCH', `/api/users/${id}`, change)
export const inviteAgain = (id: string, locale: string) => call<Invitation>('POST', `/api/users/${id}/invitation`, { locale })

/** Looked at again now and then: what is wrong may right itself. */
export const useHealth = () =>
  useAsk(['health'], (signal) => call<HealthReport>('GET', '/api/admin/health', undefined, signal), { every: () => 30_000 })
