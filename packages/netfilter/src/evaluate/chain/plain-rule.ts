import type { NetfilterChain, NetfilterRule } from '../../model/index.ts'
import { isZoneTarget } from '../../model/zone-target.ts'
import { isMatch } from '../value/compile-match.ts'
import type { Chains } from './chain-steps.ts'
import { isAlike, matchReads, readsOf } from './rule-reads.ts'

/** The kernel allows no deeper nesting (NFT_JUMP_STACK_SIZE is 16). */
export const DEEPEST = 20

/** Whether a rule does the same to both packets, and takes neither out of its chain except by accept. */
const isPlain = ({ steps }: NetfilterRule): boolean =>
  steps.every((step) => {
    if (isMatch(step)) return isAlike(matchReads(step))
    if (step.kind === 'verdict') return !('chain' in step.verdict) && step.verdict.kind !== 'return'
    if (step.kind === 'set')
      return step.target === 'ct-mark' || (!isZoneTarget(step.target) && isAlike(readsOf(step.value)))
    return step.kind !== 'dispatch' && step.kind !== 'nat' && step.kind !== 'notrack'
  })

const places = new WeakMap<NetfilterChain, readonly number[]>()

/** The places of rules that are not plain. Only these are looked at when both packets come to them. */
export const tellingPlaces = (chain: NetfilterChain): readonly number[] => {
  const known = places.get(chain)
  if (known !== undefined) return known
  const made = chain.rules.flatMap((rule, at) => (isPlain(rule) ? [] : [at]))
  places.set(chain, made)
  return made
}

/** Whether rules leave a packet that they do not stop unchanged and in its chain. */
export const keepsAll = (chains: Chains, rules: readonly NetfilterRule[], depth = 0): boolean =>
  depth <= DEEPEST &&
  rules.every(({ steps }) =>
    steps.every((step) => {
      if (isMatch(step) || step.kind === 'note' || step.kind === 'reject') return true
      if (step.kind === 'set') return step.target === 'ct-mark'
      if (step.kind !== 'verdict') return false
      if (!('chain' in step.verdict)) return !['accept', 'stolen'].includes(step.verdict.kind)
      const chain = chains.get(step.verdict.chain)
      return chain !== undefined && keepsAll(chains, chain.rules, depth + 1)
    }),
  )
