/** The few drawings of pages without a program: lines of 24 by 24, after lucide (ISC). */

export type Icon = 'clock' | 'shield' | 'link' | 'lock' | 'warn' | 'mail' | 'box' | 'download' | 'none' | 'check' | 'retry'

/** The colour of the spot behind it; none is grey. */
export const spots: Partial<Record<Icon, string>> = { clock: 'warn', warn: 'warn', shield: 'ok', check: 'ok' }

const lines: Record<Icon, string> = {
  clock: '<circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2"/>',
  shield:
    '<path d="M20 13c0 5-3.5 7.5-7.7 9a1 1 0 0 1-.6 0C7.5 20.500 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.500-1.200 6.200-2.700a1.200 1.200 0 0 1 1.600 0C14.500 3.800 17 5 19 5a1 1 0 0 1 1 1z"/><path d="m9 12 2 2 4-4"/>',
  link: '<path d="M9 17H7A5 5 0 0 1 7 7"/><path d="M15 7h2a5 5 0 0 1 4 8"/><path d="M8 12h4"/><path d="m2 2 20 20"/>',
  lock: '<rect width="18" height="11" x="3" y="11" rx="2"/><path d="M7 11V7a5 5 0 0 1 10 0v4"/>',
  warn: '<path d="m21.700 18-8-14a2 2 0 0 0-3.500 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.700-3"/><path d="M12 9v4"/><path d="M12 17h.01"/>',
  mail: '<path d="m22 7-9 5.700a2 2 0 0 1-2 0L2 7"/><rect x="2" y="4" width="20" height="16" rx="2"/>',
  box: '<path d="M11 21.700a2 2 0 0 0 2 0l7-4a2 2 0 0 0 1-1.700V8a2 2 0 0 0-1-1.700l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 1.700z"/><path d="M12 22V12"/><path d="m3.300 7 8.700 5 8.700-5"/>',
  download: '<path d="M12 15V3"/><path d="M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4"/><path d="m7 10 5 5 5-5"/>',
  none: '<path d="m2 2 20 20"/><path d="M10.400 10.400a2 2 0 1 1-2.800-2.800"/><path d="M13.500 13.500 6 21"/><path d="m18 12 3 3"/><path d="M3.600 3.600A2 2 0 0 0 3 5v14a2 2 0 0 0 2 2h14a2 2 0 0 0 1.400-.6"/><path d="M21 15V5a2 2 0 0 0-2-2H9"/>',
  check: '<path d="M20 6 9 17l-5-5"/>',
  retry:
    '<path d="M3 12a9 9 0 0 1 9-9 9.800 9.800 0 0 1 6.700 2.700L21 8"/><path d="M21 3v5h-5"/><path d="M21 12a9 9 0 0 1-9 9 9.800 9.800 0 0 1-6.700-2.700L3 16"/><path d="M8 16H3v5"/>',
}

export const draw = (icon: Icon, size: number): string =>
  `<svg width="${size}" height="${size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${lines[icon]}</svg>`
