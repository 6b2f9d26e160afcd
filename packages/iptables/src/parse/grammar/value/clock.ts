import type { Reader } from '../grammar.ts'

const two = (value: number): string => value.toString().padStart(2, '0')

/** Reads a time such as `8:00`, printed as `08:00:00`. */
export const clockTime: Reader = (text) => {
  const [, hour, minute, second = '0'] = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(text) ?? []
  const parts = [hour, minute, second].map(Number)
  const [h = 24, m = 60, s = 60] = parts
  return h < 24 && m < 60 && s < 60 ? `${two(h)}:${two(m)}:${two(s)}` : null
}

const date = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?)?)?$/

/** Reads a date such as `2020-01-01T10`, printed to the second; up to 2038 (libxt_time). */
export const clockDate: Reader = (text) => {
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0'] = date.exec(text) ?? []
  if (year === undefined) return null
  const parts = [month, day, hour, minute, second].map(Number)
  const [mo = 0, d = 0, h = 0, m = 0, s = 0] = parts
  const fits = mo >= 1 && mo <= 12 && d >= 1 && d <= 31 && h < 24 && m < 60 && s < 60
  const y = Number(year)
  if (!fits || y < 1970 || y > 2038) return null
  return new Date(Date.UTC(y, mo - 1, d, h, m, s)).toISOString().slice(0, 19)
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** Reads days of the week, `Mo`, `Mon` or `1`, as 1 to 7; null when one is not a day. */
export const readWeekdays = (text: string): ReadonlySet<number> | null => {
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const number = /^[1-7]$/.test(part) ? Number(part) : 0
    const named =
      part.length >= 2 ? days.findIndex((day) => day.toLowerCase().startsWith(part.toLowerCase())) : -1
    if (number === 0 && named < 0) return null
    found.add(number === 0 ? named + 1 : number)
  }
  return found
}

/** Reads days of the month, 1 to 31; null when one is not a day. */
export const readMonthdays = (text: string): ReadonlySet<number> | null => {
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const day = /^\d{1,2}$/.test(part) ? Number(part) : 0
    if (day < 1 || day > 31) return null
    found.add(day)
  }
  return found
}

export const weekdayName = (day: number): string => days[day - 1] ?? ''
