/** What a file was found to be. */
export interface Found {
  sort: 'sound' | 'film' | 'picture'
  mime: string
  /** without the dot */
  extension: string
  /** null: the file does not say */
  seconds: number | null
  /** pixels, of pictures and films */
  width?: number
  height?: number
}
