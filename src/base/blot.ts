/** Takes secrets out of a text, whoever repeats them there. */

/** They go as they are, as JSON or an address spells them, and within base64, in which a login crosses the line. */
export function blotter(secrets: string[]): (text: string) => string {
  // a shorter one would blot out words
  const hidden = secrets.filter((secret) => secret.length >= 6).flatMap(spellings)
  return (text) => {
    let clean = text
    for (const one of hidden) if (clean.includes(one)) clean = clean.replaceAll(one, '[hidden]')
    return clean
  }
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  // it begins at one of three places of a group; characters that hold bits of its neighbours are left out
  const packed = [0, 1, 2].map((skip) =>
    Buffer.concat([Buffer.alloc(skip), bytes])
      .toString('base64')
      .slice(Math.ceil((4 * skip) / 3), Math.floor((4 * (skip + bytes.length)) / 3)),
  )
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...packed]
}
