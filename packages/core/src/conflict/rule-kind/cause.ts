import { guardForwardingPart } from '@portolan/netfilter'
import { ownersName, type TraceStep } from '@portolan/netfilter/analysis'
import type { Culprit } from '../conflict.ts'
import { culpritOf, type Finding } from '../search/finding/finding.ts'

/**
 * The sentence that says what causes a finding: `Docker's policy on chain FORWARD (iptables-nft, table filter) drops
 * the packets.`
 *
 * @param does - what the culprit does, in the present tense
 * @param mayDo - the same for a finding that is only possible
 */
export const cause = (
  { step, certainty }: Pick<Finding, 'step' | 'certainty'>,
  does: string,
  mayDo: string,
): string => {
  const culprit = culpritOf(step)
  if (culprit === null) return 'The rules that could be read do not show why.'
  const what = certainty === 'certain' ? does : mayDo
  const text = culprit.table === null || culprit.position === 'policy' ? '' : `: \`${culprit.text}\``
  return `${sentence(culpritName(culprit, step))} ${what}${text}.`
}

/** A culprit as the subject of a sentence: `rule 3 of chain FORWARD (iptables-nft, table filter)`. */
export const culpritName = (culprit: Culprit, step: TraceStep | null): string => {
  const { tool, table, chain, position, text, owner, family, managed } = culprit
  if (table === null)
    return step?.cause?.kind === 'route' || step?.cause?.kind === 'routing-rule'
      ? `the ${text}`
      : `the kernel (${text})`
  const place = `${tool}, table ${tool === 'nft' ? `${family} ` : ''}${table}`
  if (managed?.name === guardForwardingPart)
    return `the forwarding guard of project ${managed.project} (option guard-forwarding; ${place}, chain ${chain}, rule ${position})`
  if (managed !== undefined) {
    const part = `${managed.name.includes(' -> ') ? '' : 'network '}${managed.name} of project ${managed.project}`
    return `Portolan's rule for ${part} (${place}, chain ${chain}, rule ${position})`
  }
  const whose = owner === null ? (position === 'policy' ? 'the ' : '') : `${ownersName(owner)} `
  return position === 'policy'
    ? `${whose}policy on chain ${chain} (${place})`
    : `${whose}rule ${position} of chain ${chain} (${place})`
}

/** Capitalises the first letter of a sentence. */
export const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
