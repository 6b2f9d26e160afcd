import type { TableFamily } from '../model/index.ts'
import { type NftMatch, nftMatches } from './nft-matches.ts'
import { isJsonName, isNftIdentifier } from './nft-name.ts'
import type { Passage } from './passage.ts'
import { shellWord } from './shell-word.ts'

/** A chain of nftables. */
export interface NftChainPlace {
  readonly family: TableFamily
  readonly table: string
  readonly chain: string
}

/**
 * The place of a new rule: in front of the rule with `handle`, in front of the rule at `before`, or at the end of the
 * chain (for a policy).
 */
export interface NftPlace extends NftChainPlace {
  readonly handle: number | null
  /** The position of the rule to insert in front of, from 1; null: adds the rule at the end of the chain. */
  readonly before: number | null
  /** Whether connection tracking has seen the packet before it reaches the chain. */
  readonly isTracked: boolean
}

/**
 * A command that lets packets pass a chain of nftables (nft(8)). It uses nft's text syntax where that can write every
 * name, and JSON otherwise.
 *
 * @returns null where neither syntax can write a name
 */
export const nftCommand = (place: NftPlace, passage: Passage): string | null => {
  const { family, table, chain, handle, before } = place
  const verb = before === null ? 'add' : 'insert'
  const matches = nftMatches(place, passage)
  const texts = matches.flatMap(({ text }) => text ?? [])
  if (isNamed(place) && texts.length === matches.length) {
    const where = before === null ? '' : handle === null ? ` index ${before - 1}` : ` position ${handle}`
    return `nft ${shellWord(`${verb} rule ${family} ${table} ${chain}${where} ${texts.join(' ')} accept`)}`
  }
  if (!isInJson(place) || matches.some(({ json }) => json === null)) return null
  const where = before === null ? {} : handle === null ? { index: before - 1 } : { handle }
  const expr = [...matches.map(({ json }: NftMatch) => json), { accept: null }]
  return jsonCommand({ [verb]: { rule: { family, table, chain, ...where, expr } } })
}

/**
 * A command that deletes one rule.
 *
 * @returns null where nft has no way to name the chain
 */
export const nftDeletion = (place: NftChainPlace, handle: number): string | null => {
  const { family, table, chain } = place
  if (isNamed(place)) return `nft delete rule ${family} ${table} ${chain} handle ${handle}`
  return isInJson(place) ? jsonCommand({ delete: { rule: { family, table, chain, handle } } }) : null
}

const isNamed = ({ table, chain }: NftChainPlace): boolean => isNftIdentifier(table) && isNftIdentifier(chain)

const isInJson = ({ table, chain }: NftChainPlace): boolean => isJsonName(table) && isJsonName(chain)

/**
 * One command for `nft -j`. JSON escapes replace each quote and each character that is not printable ASCII, so that a
 * terminal shows, and a clipboard carries, every character of a name.
 */
const jsonCommand = (command: unknown): string => {
  const text = JSON.stringify({ nftables: [command] })
  const plain = text.replaceAll(
    /[^\x20-\x7e]|'/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `nft -j ${shellWord(plain)}`
}
