import { atMostOne, countOf, flag, type Grammar, grammar, inTurn, type Reader, takes } from '../grammar.ts'
import { u32 } from '../value/number.ts'
import { shaped } from '../value/text.ts'

const name = shaped(/^[^\s"'\\]{1,15}$/)

const multiples: ReadonlyMap<string, number> = new Map(
  Object.entries({
    bit: 1,
    kibit: 1024,
    kbit: 1000,
    mibit: 1024 ** 2,
    mbit: 1_000_000,
    gibit: 1024 ** 3,
    gbit: 1_000_000_000,
    bps: 8,
    kibps: 8 * 1024,
    kbps: 8000,
    mibps: 8 * 1024 ** 2,
    mbps: 8_000_000,
  }),
)

/** Reads a rate in bits per second, printed as tc does. The kernel keeps bytes. */
const bitRate: Reader = (text) => {
  const [, count = '', unit = ''] = /^(\d{1,9})([a-z]*)$/i.exec(text) ?? []
  const multiple = multiples.get(unit.toLowerCase())
  if (count === '' || multiple === undefined) return null
  const bits = Math.floor((Number(count) * multiple) / 8) * 8
  if (bits >= 1_000_000_000) return `${Math.round(bits / 1_000_000)}Mbit`
  return bits >= 1_000_000 ? `${Math.round(bits / 1000)}Kbit` : `${bits}bit`
}

/** `-m rateest`. Its `--rateest-bps` has no argument where two estimators are compared. */
export const rateEstimatorMatch: Grammar = grammar(
  [
    flag('rateest-delta'),
    takes('rateest', name),
    takes('rateest1', name),
    takes('rateest-bps1', bitRate),
    takes('rateest-pps1', u32),
    flag('rateest-lt', { not: true }),
    flag('rateest-gt', { not: true }),
    flag('rateest-eq', { not: true }),
    takes('rateest-bps', bitRate, { optional: true }),
    takes('rateest-pps', u32, { optional: true }),
    takes('rateest-bps2', bitRate),
    takes('rateest-pps2', u32),
    takes('rateest2', name),
  ],
  {
    settle: inTurn(atMostOne('rateest', 'rateest1'), (options) =>
      countOf(options, 'rateest', 'rateest1') === 1 &&
      countOf(options, 'rateest-lt', 'rateest-gt', 'rateest-eq') === 1
        ? options
        : null,
    ),
  },
)
