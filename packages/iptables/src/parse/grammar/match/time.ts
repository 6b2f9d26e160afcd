import { argumentOf, type ExtensionOption, optionOf } from '../../../model/option/extension.ts'
import {
  added,
  atMostOne,
  countOf,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type Settle,
  takes,
} from '../grammar.ts'
import { clockDate, clockTime, readMonthdays, readWeekdays, weekdayName } from '../value/clock.ts'

/** The last second in 32 bits. iptables lists it as the end where none was given. */
const lastDate = '2038-01-19T03:14:07'

const daysOf = (
  options: readonly ExtensionOption[],
  name: 'monthdays' | 'weekdays',
  count: number,
): ExtensionOption | undefined => {
  const given = optionOf(options, name)
  if (given === undefined) return undefined
  const text = given.values[0] ?? ''
  const chosen = (name === 'weekdays' ? readWeekdays(text) : readMonthdays(text)) ?? new Set<number>()
  const days = Array.from({ length: count }, (_, index) => index + 1).filter(
    (day) => chosen.has(day) !== given.negated,
  )
  // All days selected is the same as no option.
  if (days.length === count) return undefined
  return added(name, days.map((day) => (name === 'weekdays' ? weekdayName(day) : `${day}`)).join(','))
}

const present = (option: ExtensionOption | undefined): readonly ExtensionOption[] =>
  option === undefined ? [] : [option]

/**
 * Adds the options that iptables lists although they were not given, where they differ from the kernel's default
 * (libxt_time).
 */
const settleTime: Settle = (options) => {
  const start = argumentOf(options, 'timestart') ?? '00:00:00'
  const stop = argumentOf(options, 'timestop') ?? '23:59:59'
  const whole = start === '00:00:00' && stop === '23:59:59'
  const first = argumentOf(options, 'datestart') ?? '1970-01-01T00:00:00'
  return [
    ...(whole ? [] : [added('timestart', start), added('timestop', stop)]),
    ...present(daysOf(options, 'monthdays', 31)),
    ...present(daysOf(options, 'weekdays', 7)),
    ...(first === '1970-01-01T00:00:00' ? [] : [added('datestart', first)]),
    added('datestop', argumentOf(options, 'datestop') ?? lastDate),
    ...present(optionOf(options, 'contiguous')),
    ...(countOf(options, 'kerneltz', 'localtz') > 0 ? [added('kerneltz')] : []),
  ]
}

/** `-m time`. */
export const timeMatch: Grammar = grammar(
  [
    takes('timestart', clockTime),
    takes('timestop', clockTime),
    takes('monthdays', (text) => (readMonthdays(text) === null ? null : text), { not: true }),
    takes('weekdays', (text) => (readWeekdays(text) === null ? null : text), { not: true }),
    takes('datestart', clockDate),
    takes('datestop', clockDate),
    flag('contiguous'),
    flag('kerneltz'),
    flag('localtz'),
    flag('utc'),
  ],
  { settle: inTurn(atMostOne('utc', 'kerneltz', 'localtz'), settleTime) },
)
