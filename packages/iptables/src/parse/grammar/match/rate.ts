import type { Family } from '@portolan/netfilter'
import { argumentOf, type ExtensionOption } from '../../../model/option/extension.ts'
import {
  added,
  atMostOne,
  byDefault,
  countOf,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type Reader,
  type Settle,
  takes,
} from '../grammar.ts'
import { address, allOnes } from '../value/address.ts'
import { choice, either, listOf } from '../value/choice.ts'
import { u32, u64, whole } from '../value/number.ts'
import { probabilityText } from '../value/probability.ts'
import { readRate } from '../value/rate.ts'
import { shaped } from '../value/text.ts'

const limitRate: Reader = (text) => readRate(text, 10_000)?.text ?? null

const hashlimitScale = 1_000_000

/** Reads a rate and leaves it as written. `settleHashlimit` needs its unit. */
const hashlimitRate: Reader = (text) => (readRate(text, hashlimitScale) === null ? null : text)

/** Reads a rate in bytes such as `512kb/s`. The kernel keeps it in units of 16 bytes (XT_HASHLIMIT_BYTE_SHIFT). */
const volumeRate: Reader = (text) => {
  const [, count = '', unit = ''] = /^(\d{1,9})([km]?)b\/s(?:ec|econd)?$/.exec(text) ?? []
  if (count === '') return null
  const bytes = Number(count) * (unit === 'k' ? 1024 : unit === 'm' ? 1024 ** 2 : 1)
  if (bytes > 0xffffffff * 16) return null
  return volumeText(bytes - (bytes % 16), '/s')
}

const volumeText = (bytes: number, tail: string): string => {
  if (bytes >= 1024 ** 2 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}mb${tail}`
  if (bytes >= 1024 && bytes % 1024 === 0) return `${bytes / 1024}kb${tail}`
  return `${bytes}b${tail}`
}

const rateName = (option: ExtensionOption): boolean =>
  option.name === 'hashlimit-upto' || option.name === 'hashlimit-above'

/**
 * Completes the options of hashlimit. The lifetime of an entry follows from the unit that was written. It is listed
 * where the printed unit would give another lifetime.
 */
const settleHashlimit: Settle = (options) => {
  const limit = options.find(rateName)
  const written = limit?.values[0] ?? ''
  if (limit === undefined || options.filter(rateName).length > 1) return null
  const name = (limit.name === 'hashlimit-upto') !== limit.negated ? 'hashlimit-upto' : 'hashlimit-above'
  const rest = options.filter((option) => option !== limit)
  if (written.includes('b/')) return [...rest, added(name, written)]
  const rate = readRate(written, hashlimitScale)
  if (rate === null) return null
  const expire = argumentOf(options, 'hashlimit-htable-expire') ?? `${rate.writtenSeconds * 1000}`
  return [
    ...rest.filter((option) => option.name !== 'hashlimit-htable-expire'),
    added(name, rate.text),
    ...(expire === `${rate.printedSeconds * 1000}` ? [] : [added('hashlimit-htable-expire', expire)]),
    ...(countOf(options, 'hashlimit-burst') > 0 ? [] : [added('hashlimit-burst', '5')]),
  ]
}

const modes = listOf(['srcip', 'srcport', 'dstip', 'dstport'])
const mode: Reader = (text, family) => (text === '' ? '' : modes(text, family))

const maskLength: Reader = (text, family) => whole(family === 'ip' ? 32 : 128)(text, family)

const dropFullMasks =
  (...names: readonly string[]): Settle =>
  (options, family: Family) =>
    options.filter(
      (option) => !names.includes(option.name) || option.values[0] !== (family === 'ip' ? '32' : '128'),
    )

const actions = ['set', 'rcheck', 'update', 'remove'] as const

/** Checks `-m recent`. Only `--rcheck` and `--update` can count packets, and `--reap` requires `--seconds`. */
const settleRecent: Settle = (options) => {
  const counted = countOf(options, 'seconds', 'hitcount', 'rttl', 'reap') > 0
  if (counted && countOf(options, 'rcheck', 'update') === 0) return null
  if (countOf(options, 'reap') > 0 && countOf(options, 'seconds') === 0) return null
  return countOf(options, 'rsource', 'rdest') > 0 ? options : [...options, added('rsource')]
}

const probability: Reader = (text) => {
  const value = /^[\d.]+(?:e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  return value >= 0 && value <= 1 ? probabilityText(Math.round(value * 2 ** 31)) : null
}

const settleStatistic: Settle = (options) => {
  const random = countOf(options, 'probability')
  const nth = countOf(options, 'every') + countOf(options, 'packet')
  if (argumentOf(options, 'mode') === 'random') return random === 1 && nth === 0 ? options : null
  const [every, packet] = [argumentOf(options, 'every'), argumentOf(options, 'packet')]
  return random === 0 && every !== undefined && packet !== undefined && Number(packet) < Number(every)
    ? options
    : null
}

/** Modules that count packets or match at random. */
export const rateMatches: Readonly<Record<string, Grammar>> = {
  limit: grammar([takes('limit', limitRate), takes('limit-burst', whole(10_000, 1), { silent: '5' })], {
    settle: byDefault('limit', '3/hour'),
  }),
  hashlimit: grammar(
    [
      takes('hashlimit-upto', either(volumeRate, hashlimitRate), { aka: ['hashlimit'], not: true }),
      takes('hashlimit-above', either(volumeRate, hashlimitRate), { not: true }),
      takes('hashlimit-burst', either(whole(1_000_000, 1), shaped(/^\d{1,9}[km]?b$/))),
      takes('hashlimit-mode', mode, { silent: '' }),
      takes('hashlimit-name', shaped(/^[^\s"'\\/]{1,255}$/), { required: true }),
      takes('hashlimit-htable-size', u32, { silent: '0' }),
      takes('hashlimit-htable-max', u32, { silent: '0' }),
      takes('hashlimit-htable-gcinterval', u32, { silent: '1000' }),
      takes('hashlimit-htable-expire', u32),
      takes('hashlimit-srcmask', maskLength),
      takes('hashlimit-dstmask', maskLength),
      flag('hashlimit-rate-match'),
      takes('hashlimit-rate-interval', u32),
    ],
    { settle: inTurn(settleHashlimit, dropFullMasks('hashlimit-srcmask', 'hashlimit-dstmask')) },
  ),
  quota: grammar([takes('quota', u64, { not: true, required: true })]),
  recent: grammar(
    [
      ...actions.map((action) => flag(action, { not: true })),
      takes('seconds', whole(0xffffffff, 1)),
      flag('reap'),
      takes('hitcount', whole(65535), { silent: '0' }),
      flag('rttl'),
      takes('name', shaped(/^[^/\0\n]{1,199}$/)),
      takes('mask', address),
      flag('rsource'),
      flag('rdest'),
    ],
    {
      settle: inTurn(
        exactlyOne(...actions),
        atMostOne('rsource', 'rdest'),
        byDefault('name', 'DEFAULT'),
        byDefault('mask', allOnes),
        settleRecent,
      ),
    },
  ),
  statistic: grammar(
    [
      takes('mode', choice('random', 'nth'), { required: true }),
      takes('probability', probability, { not: true }),
      takes('every', whole(0xffffffff, 1), { not: true }),
      takes('packet', u32),
    ],
    { settle: settleStatistic },
  ),
}
