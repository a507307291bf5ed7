/** What the pages in front of the studio ask. */
import {
  type CheckResult,
  call,
  type Installation,
  type Invited,
  type MailTested,
  type PasskeyOptions,
  type PasskeySignIn,
  type SecondFactor,
  type Session,
  type SignInWays,
} from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

export const signIn = (input: { email: string; password: string }) => call<Session | SecondFactor>('POST', '/api/session', input)
export const enterCode = (input: { code: string; backup: boolean }) => call<Session>('POST', '/api/session/code', input)
export const askToSign = () => call<PasskeyOptions>('POST', '/api/session/passkey/options')
export const enterByPasskey = (signed: PasskeySignIn) => call<Session>('POST', '/api/session/passkey', signed)
export const useWays = () => useAsk(['ways'], (signal) => call<SignInWays>('GET', '/api/session/ways', undefined, signal))

const invitation = (token: string) => `/api/invitations/${encodeURIComponent(token)}`
export const useInvited = (token: string) =>
  useAsk(['invited', token], (signal) => call<Invited>('GET', invitation(token), undefined, signal))
export const acceptInvitation = (token: string, password: string) => call<Session | SecondFactor>('POST', invitation(token), { password })

export const useInstallation = () =>
  useAsk(['installation'], (signal) => call<Installation>('GET', '/api/admin/installation', undefined, signal))
export const testStorage = () => call<CheckResult>('POST', '/api/admin/storage-test')
export const testMail = (to: string, locale: string) => call<MailTested>('POST', '/api/admin/mail-test', { to, locale })
