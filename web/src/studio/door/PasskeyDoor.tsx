/** Signing in with a passkey: by the button, or out of the list that a browser shows at the field for the address. */
import { Fingerprint } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useWordsOf } from '../../ui/language.tsx'
import { type Refusal, refusalOf } from '../../ui/refusal.ts'
import { Trouble } from '../../ui/Trouble.tsx'
import { offersPasskeys, signWithPasskey } from '../passkeys.ts'
import { askToSign, enterByPasskey } from './questions.ts'
import { doorWords } from './words.ts'

export function PasskeyDoor({ inside }: { inside: () => void }) {
  const words = useWordsOf(doorWords)
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const [turn, setTurn] = useState(0)
  const offer = useRef<AbortController>(undefined)

  const come = async (more: Parameters<typeof signWithPasskey>[1]): Promise<'inside' | 'refused' | 'nobody'> => {
    const { options } = await askToSign()
    const signed = more.signal?.aborted ? null : await signWithPasskey(options, more)
    if (!signed) return 'nobody'
    try {
      await enterByPasskey(signed)
      inside()
      return 'inside'
    } catch (error) {
      setRefusal(refusalOf(error))
      return 'refused'
    }
  }
  const again = () => setTurn((n) => n + 1)

  // biome-ignore lint/correctness/useExhaustiveDependencies: one offer a turn, whatever is drawn meanwhile
  useEffect(() => {
    const stop = new AbortController()
    offer.current = stop
    const begin = async () => {
      if (!(await offersPasskeys()) || stop.signal.aborted) return
      // its challenge is used up: another is offered. A browser that asks nobody is not asked again
      if ((await come({ mediation: 'conditional', signal: stop.signal })) === 'refused') again()
    }
    // only an offer: the button says what is wrong
    begin().catch(() => {})
    return () => stop.abort()
  }, [turn])

  const press = async () => {
    // a browser asks its owner one thing at a time
    offer.current?.abort()
    setBusy(true)
    setRefusal(undefined)
    try {
      if ((await come({})) !== 'inside') again()
    } catch (error) {
      setRefusal(refusalOf(error))
      again()
    }
    setBusy(false)
  }
  return (
    <>
      {refusal && <Trouble refusal={refusal} />}
      <button type="button" className="button" disabled={busy} onClick={press}>
        <Fingerprint size={17} aria-hidden="true" />
        {words.withPasskey}
      </button>
    </>
  )
}
