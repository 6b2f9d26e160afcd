import type { AddressMap, MapHolder, MapPick, MapRow } from '@portolan/core'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** At most this many holders are listed under a picture; the rest are counted. */
export const mostListed = 26

/**
 * The letter of a holder; `+` for a holder without a letter of its own.
 * @internal
 */
export const letterOf = (holder: number): string => letters[holder] ?? '+'

const plural = (count: number, one: string, many: string): string =>
  count === 1 ? `1 ${one}` : `${count.toLocaleString('en')} ${many}`

/** @internal */
export const subnetCount = (count: number): string => plural(count, 'subnet', 'subnets')

/**
 * The result of a row in a few words. Each part has a line of its own.
 * @internal
 */
export const verdictOf = (row: MapRow, map: AddressMap): readonly string[] => {
  if (row.enlarges !== null) return ['enlarged']
  const parts: string[] = []
  if (row.picked.length > 0) parts.push(pickedWords(row.picked, map))
  if (row.passedOver.length > 0) parts.push(`passed over: ${passedWords(row)}`)
  if (parts.length > 0) return parts
  const held = [...new Set(row.cells.flatMap((cell) => (cell.kind === 'held' ? [cell.holder] : [])))]
  if (held.length === 0) return ['free']
  return [`not needed; held: ${held.slice(0, 6).map(letterOf).join(', ')}`]
}

const passedWords = ({ passedOver, subnets }: MapRow): string => {
  const shown = passedOver.slice(0, 6).map(({ holder, candidates }) => {
    const letter = letterOf(holder)
    return subnets === 1 ? letter : `${candidates.toLocaleString('en')} for ${letter}`
  })
  return `${shown.join(', ')}${passedOver.length > 6 ? ', ...' : ''}`
}

const pickedWords = (picked: readonly number[], { picks }: AddressMap): string => {
  if (picks.length === 1) return 'picked'
  if (picked.length > 6) return `${picked.length.toLocaleString('en')} picked`
  return `picked: ${picked.map((place) => picks[place]?.network ?? '').join(', ')}`
}

/**
 * The subnets that a holder kept from being picked, in words; empty: none.
 * @internal
 */
export const consequenceOf = ({ passedOver }: MapHolder): string => {
  if (passedOver === null) return ''
  const { candidate, candidates } = passedOver
  return candidates === 1
    ? `in the way of ${candidate}`
    : `in the way of ${candidate} and ${(candidates - 1).toLocaleString('en')} more`
}

/**
 * Why nothing was picked.
 * @internal
 */
export const nothingWords = ({ asked }: AddressMap): string =>
  asked === 1 ? 'No subnet is free' : `Fewer than ${subnetCount(asked)} are free`

/** @internal */
export const pickWords = ({ subnet, gateway, pool }: MapPick): string =>
  `${subnet}  gateway ${gateway}  from pool ${pool}`

/**
 * The number and size of the subnets into which a row is cut. Empty: the row is one subnet.
 * @internal
 */
export const scaleOf = ({ subnets, size }: MapRow): string =>
  subnets === 1 ? '' : `${subnetCount(subnets)}, each a /${size}`

/**
 * Breaks words into lines of at most `width` characters. A word that is longer has a line of its own.
 * @internal
 */
export const wrapWords = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
