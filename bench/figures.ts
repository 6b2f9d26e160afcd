import type { Mark, Peer, Spread, Unit } from './row.ts'

export const quantity = (value: number, unit: Unit): string =>
  unit === '1/s' ? `${Math.round(value)}/s` : `${figure(value)} ${unit}`

export const spreadText = ({ least, most }: Spread): string => `${figure(least)}-${figure(most)}`

/** Formats a number with three significant digits and without an exponent. */
export const figure = (value: number): string =>
  value >= 100
    ? String(Math.round(value))
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toFixed(3)

export const markText = (
  { atMost, ratioAtMost, ratioAtLeast }: Mark,
  unit: Unit,
  peer: Peer | undefined,
): string =>
  [
    ...(atMost === undefined ? [] : [`at most ${quantity(atMost, unit)}`]),
    ...(ratioAtMost === undefined ? [] : [`at most ${figure(ratioAtMost)}x ${peer?.name ?? ''}`]),
    ...(ratioAtLeast === undefined ? [] : [`at least ${figure(ratioAtLeast)}x ${peer?.name ?? ''}`]),
  ].join(', ')
