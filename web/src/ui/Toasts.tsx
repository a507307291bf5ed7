/** A sentence that something has been done, at the foot of the page for a few seconds; read out as well. */
import { CircleCheck } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react'

const Telling = createContext<(sentence: string) => void>(() => {})

/** Tells a sentence; it takes the place of the one before. */
export const useToast = () => useContext(Telling)

const shown = 6000

export function Toasts({ children }: { children: ReactNode }) {
  const [told, set] = useState<{ sentence: string } | null>(null)
  const tell = useCallback((sentence: string) => set({ sentence }), [])
  useEffect(() => {
    if (!told) return
    const timer = setTimeout(set, shown, null)
    return () => clearTimeout(timer)
  }, [told])
  return (
    <Telling.Provider value={tell}>
      {children}
      <div className={told ? 'told' : 'unseen'} role="status">
        {told && (
          <>
            <CircleCheck size={17} aria-hidden="true" />
            <p>{told.sentence}</p>
          </>
        )}
      </div>
    </Telling.Provider>
  )
}
