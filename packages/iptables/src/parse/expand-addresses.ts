import type { Family } from '@portolan/core'
import type { Match } from '../ruleset/match.ts'
import type { Rule } from '../ruleset/ruleset.ts'

/** `255.255.255.0` is 24; null when the ones are not in front (iptables-save then keeps the mask). */
const maskLength = (mask: string): number | null => {
  const bytes = mask.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some((byte) => !(byte >= 0 && byte <= 255))) return null
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : null
}

/** The form iptables-save gives an address: always with a length, or with a mask that has none. */
const normal = (prefix: string, family: Family): string => {
  const [address = '', length, ...more] = prefix.split('/')
  if (more.length > 0 || !/^[0-9a-f.:]+$/i.test(address)) return prefix
  if (length === undefined) return `${address}/${family === 'ip' ? 32 : 128}`
  if (!length.includes('.')) return prefix
  const known = maskLength(length)
  return known === null ? prefix : `${address}/${known}`
}

/**
 * One rule per address: iptables makes as many rules as `-s a,b -d c,d` has pairs, and the kernel never sees
 * the list.
 */
export const expandAddresses = (rule: Rule, family: Family): readonly Rule[] => {
  const asSaved = rule.matches.every(
    (match) =>
      (match.kind !== 'source' && match.kind !== 'destination') || /^[0-9a-f.:]+\/\d+$/.test(match.prefix),
  )
  if (asSaved) return [rule]
  let variants: readonly (readonly Match[])[] = [[]]
  for (const match of rule.matches) {
    if (match.kind === 'source' || match.kind === 'destination') {
      const each = match.prefix.split(',').map((prefix) => ({ ...match, prefix: normal(prefix, family) }))
      variants = variants.flatMap((before) => each.map((one) => [...before, one]))
    } else {
      variants = variants.map((before) => [...before, match])
    }
  }
  return variants.map((matches) => ({ ...rule, matches }))
}
