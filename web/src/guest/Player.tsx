/** Plays a film or a track; the server gives any part of it, so a player can seek. Says what a file is that cannot be shown. */
import { FileImage, Music } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Item } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { catalog } from './view-words.ts'

/** `playing`: this one is in the middle of the screen. */
export function Player({ item, playing }: { item: Item; playing: boolean }) {
  const words = catalog[useLanguage().locale]
  const own = useRef<HTMLVideoElement & HTMLAudioElement>(null)
  useEffect(() => {
    if (!playing) own.current?.pause()
  }, [playing])
  const picture = item.preview ?? item.thumbnail
  const cover = picture ?? item.cover
  // arrow keys seek in a player that has the focus, and do not turn the page
  const seek = (event: { key: string; stopPropagation: () => void }) => event.key.startsWith('Arrow') && event.stopPropagation()
  if (item.media_url && item.kind === 'video')
    return (
      // biome-ignore lint/a11y/useMediaCaption: the films are their guests' own; there are no captions
      <video
        ref={own}
        className="player"
        src={item.media_url}
        poster={picture ?? undefined}
        controls
        playsInline
        preload="metadata"
        onKeyDown={seek}
        aria-label={item.name}
      />
    )
  if (item.media_url && item.kind === 'track')
    return (
      <div className="track">
        {cover ? <img src={cover} alt="" /> : <Music size={64} aria-hidden="true" />}
        <p>
          {item.title ?? item.name}
          {item.artist && <span className="artist">{item.artist}</span>}
        </p>
        {/* biome-ignore lint/a11y/useMediaCaption: music has none */}
        <audio ref={own} src={item.media_url} controls preload="metadata" onKeyDown={seek} aria-label={item.name} />
      </div>
    )
  return (
    <p className="view-none">
      <FileImage size={30} aria-hidden="true" />
      {item.render_state === 'waiting' ? words.waitingPicture : words.noPicture}
    </p>
  )
}
