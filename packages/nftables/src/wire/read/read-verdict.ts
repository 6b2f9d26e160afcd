import type { Verdict } from '../../model/index.ts'
import { NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE } from '../constants.ts'
import { attributesIn, numberIn, type Span, textIn } from './attributes.ts'

/**
 * The kernel's numbers of verdicts; negative ones as two's complement (include/uapi/linux/netfilter.h and nf_tables.h:
 * enum nft_verdicts).
 */
const verdicts: ReadonlyMap<number, Verdict['kind']> = new Map([
  [0, 'drop'],
  [1, 'accept'],
  [0xffffffff, 'continue'],
  [0xfffffffd, 'jump'],
  [0xfffffffc, 'goto'],
  [0xfffffffb, 'return'],
])

/** Reads the content of NFTA_DATA_VERDICT; null for a verdict that our rules never have. */
export const readVerdict = (span: Span): Verdict | null => {
  const attributes = attributesIn(span, [NFTA_VERDICT_CODE, NFTA_VERDICT_CHAIN])
  if (attributes === null) return null
  const kind = verdicts.get(numberIn(attributes, NFTA_VERDICT_CODE) ?? -1)
  if (kind === undefined) return null
  if (kind !== 'jump' && kind !== 'goto') return { kind }
  const target = textIn(attributes, NFTA_VERDICT_CHAIN)
  return target === null ? null : { kind, target }
}
