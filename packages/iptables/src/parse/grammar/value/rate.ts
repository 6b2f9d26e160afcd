import { readWhole } from './number.ts'

const units = [
  { name: 'day', seconds: 86_400, word: 'day' },
  { name: 'hour', seconds: 3600, word: 'hour' },
  { name: 'min', seconds: 60, word: 'minute' },
  { name: 'sec', seconds: 1, word: 'second' },
] as const

/** A rate as the kernel lists it, with the units of the written and the listed text. */
export interface Rate {
  readonly text: string
  /** The seconds of the printed unit. */
  readonly printedSeconds: number
  /** The seconds of the written unit. */
  readonly writtenSeconds: number
}

/**
 * Reads a rate: `5/min`, `5/m`, `5`. The kernel keeps the time between two packets in units of 1/scale second. So it
 * may list another unit (`60/min` is `1/sec`) or another number (`3000/sec` is `3333/sec`).
 *
 * @param scale - 10,000 for `limit`, 1,000,000 for `hashlimit` (include/uapi/linux/netfilter/xt_limit.h)
 */
export const readRate = (text: string, scale: number): Rate | null => {
  const [count = '', word, ...more] = text.split('/')
  const rate = readWhole(count, 0xffffffff, 1)
  const unit = units.find((one) => one.word.startsWith(word?.toLowerCase() ?? 'second'))
  if (rate === null || unit === undefined || word === '' || more.length > 0) return null
  const period = Math.floor((scale * unit.seconds) / rate)
  if (period === 0) return null
  // The printed unit is the last one that the period divides well (libxt_limit.c `print_rate`).
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
