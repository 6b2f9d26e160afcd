import { readWhole } from './number.ts'

const units = [
  { name: 'day', seconds: 86_400, word: 'day' },
  { name: 'hour', seconds: 3600, word: 'hour' },
  { name: 'min', seconds: 60, word: 'minute' },
  { name: 'sec', seconds: 1, word: 'second' },
] as const

/** A rate as the kernel keeps it, and the unit it was written with. */
export interface Rate {
  readonly text: string
  /** Of the unit that is printed. */
  readonly printedSeconds: number
  /** Of the unit that was written. */
  readonly writtenSeconds: number
}

/**
 * `5/min`, `5/m`, `5`: the kernel keeps the time between two packets in 1/scale seconds, so what it gives back may
 * be another unit (`60/min` is `1/sec`) or another number (`3000/sec` is `3333/sec`).
 *
 * @param scale - of `limit` 10,000, of `hashlimit` 1,000,000 (include/uapi/linux/netfilter/xt_limit.h)
 */
export const readRate = (text: string, scale: number): Rate | null => {
  const [count = '', word, ...more] = text.split('/')
  const rate = readWhole(count, 0xffffffff, 1)
  const unit = units.find((one) => one.word.startsWith(word?.toLowerCase() ?? 'second'))
  if (rate === null || unit === undefined || word === '' || more.length > 0) return null
  const period = Math.floor((scale * unit.seconds) / rate)
  if (period === 0) return null
  // The unit printed is the last that the period still divides well (libxt_limit.c `print_rate`).
  let printed: (typeof units)[number] = units[0]
  for (const next of units.slice(1)) {
    const ticks = next.seconds * scale
    if (period > ticks || Math.floor(ticks / period) < ticks % period) break
    printed = next
  }
  return {
    text: `${Math.floor((printed.seconds * scale) / period)}/${printed.name}`,
    printedSeconds: printed.seconds,
    writtenSeconds: unit.seconds,
  }
}
