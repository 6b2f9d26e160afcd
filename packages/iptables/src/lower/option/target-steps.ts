import {
  type ActionStep,
  constant,
  type Family,
  goTo,
  type Hook,
  jumpTo,
  type Step,
  verdict,
} from '@portolan/netfilter'
import { argumentOf, optionOf } from '../../model/option/extension.ts'
import { passingTargets } from '../../model/option/passing-targets.ts'
import type { ExtensionTarget, Target } from '../../model/option/target.ts'
import { printTarget } from '../../print/rule/print-target.ts'
import { masqueradeStep, natSteps, netmapSteps, type ReadAddresses } from '../nat.ts'
import { connmarkStep, setPacketMark, valueAndMask } from './mark-steps.ts'

const verdicts = { ACCEPT: 'accept', DROP: 'drop', RETURN: 'return' } as const

const note = (text: string): ActionStep => ({ kind: 'note', text })
const unknownAction = (text: string): ActionStep => ({ kind: 'unknown-action', text })

const unknownSet = (text: string, target: 'mark' | 'ct-mark' | 'hop-limit'): ActionStep => ({
  kind: 'set',
  target,
  value: { kind: 'unknown', text, random: false, range: null },
})

/**
 * Lowers HMARK, a hash of the packet (net/netfilter/xt_HMARK.c). If it includes the source port, each value occurs over
 * many flows of one client. Without it a client has one value.
 */
const hashMark = ({ options }: ExtensionTarget, text: string): ActionStep => {
  const random = Number(argumentOf(options, 'hmark-sport-mask') ?? 0) !== 0
  const first = Number(argumentOf(options, 'hmark-offset') ?? 0)
  const last = first + Number(argumentOf(options, 'hmark-mod') ?? 1) - 1
  return {
    kind: 'set',
    target: 'mark',
    value: { kind: 'unknown', text, random, range: { first, last } },
  }
}

const zoneTargets = [
  ['zone', 'ct-zone'],
  ['zone-orig', 'ct-zone-original'],
  ['zone-reply', 'ct-zone-reply'],
] as const

/** Lowers CT. An untracked packet has no zone. Helpers and events decide nothing. */
const conntrackTarget = ({ options }: ExtensionTarget, text: string): ActionStep => {
  if (optionOf(options, 'notrack') !== undefined) return { kind: 'notrack', text }
  for (const [option, target] of zoneTargets) {
    const zone = argumentOf(options, option)
    if (zone === undefined) continue
    const value =
      zone === 'mark'
        ? ({ kind: 'field', field: 'mark', family: null, protocols: null } as const)
        : constant(Number(zone))
    return { kind: 'set', target, value }
  }
  return note(text)
}

/** Hardly any machine is more hops away than this. A decrement below it is taken to leave every packet alive. */
const FEW_HOPS = 32

/** Lowers TTL and HL (net/netfilter/xt_HL.c). The value that the sender chose is not known. */
const hopLimitStep = ({ name, options }: ExtensionTarget, text: string): ActionStep => {
  const prefix = name === 'TTL' ? 'ttl' : 'hl'
  const set = argumentOf(options, `${prefix}-set`)
  if (set !== undefined) return { kind: 'set', target: 'hop-limit', value: constant(Number(set)) }
  const less = Number(argumentOf(options, `${prefix}-dec`) ?? 0)
  return less < FEW_HOPS ? note(text) : unknownSet(text, 'hop-limit')
}

/** The mark is set before the packet is handed over (net/netfilter/xt_TPROXY.c). */
const tproxySteps = ({ options }: ExtensionTarget): readonly ActionStep[] => {
  const mark = argumentOf(options, 'tproxy-mark') ?? '0x0/0x0'
  const { value, mask } = valueAndMask(mark)
  const marks = value === 0 && mask === 0 ? [] : [setPacketMark(mark)]
  return [...marks, { kind: 'tproxy', accepts: true }]
}

const extensionTarget = (
  target: ExtensionTarget,
  text: string,
  { hooks, family }: TargetScope,
): readonly ActionStep[] => {
  const { name, options } = target
  switch (name) {
    case 'MARK':
      return [setPacketMark(argumentOf(options, 'set-xmark') ?? '')]
    case 'CONNMARK':
      return [connmarkStep(options)]
    case 'HMARK':
      return [hashMark(target, text)]
    case 'SET':
      return [optionOf(options, 'map-mark') === undefined ? note(text) : unknownSet(text, 'mark')]
    case 'NOTRACK':
      return [{ kind: 'notrack', text }]
    case 'CT':
      return [conntrackTarget(target, text)]
    case 'TTL':
    case 'HL':
      return [hopLimitStep(target, text)]
    case 'TPROXY':
      return tproxySteps(target)
    case 'NETMAP':
      return netmapSteps(argumentOf(options, 'to') ?? '', hooks(), text, family)
    case 'SYNPROXY':
      return [{ kind: 'synproxy', text }]
    case 'QUEUE':
    case 'NFQUEUE':
      return [verdict('stolen')]
    default:
      return [passingTargets.has(name) ? note(text) : unknownAction(text)]
  }
}

/** Lowers a target whose options are not understood. Some targets decide nothing whatever their options are. */
const opaqueTarget = (name: string, text: string): ActionStep => {
  if (name === 'MARK') return unknownSet(text, 'mark')
  if (name === 'TTL' || name === 'HL') return unknownSet(text, 'hop-limit')
  if (name === 'CONNMARK') return unknownSet(text, 'ct-mark')
  return passingTargets.has(name) && name !== 'SET' ? note(text) : unknownAction(text)
}

/** The facts about the table that lowering a target needs. */
export interface TargetScope {
  readonly family: Family
  readonly hasChain: (name: string) => boolean
  /** The hooks from which the rule's chain can be reached. */
  readonly hooks: () => ReadonlySet<Hook>
  readonly addresses: ReadAddresses
}

/** The steps of a target. */
export const targetSteps = (target: Target | null, scope: TargetScope): readonly Step[] => {
  if (target === null) return []
  switch (target.kind) {
    case 'verdict':
      return [verdict(verdicts[target.verdict])]
    case 'jump':
    case 'goto':
      // The text may be a part of a table, so the chain may be missing in it.
      if (!scope.hasChain(target.chain)) return [unknownAction(printTarget(target))]
      return [target.kind === 'jump' ? jumpTo(target.chain) : goTo(target.chain)]
    case 'dnat':
    case 'snat':
      return natSteps(target, () => printTarget(target), scope.family, scope.addresses)
    case 'masquerade':
    case 'redirect':
      return [masqueradeStep(target)]
    case 'reject':
      return [{ kind: 'reject', with: target.with }]
    case 'extension':
      return extensionTarget(target, printTarget(target), scope)
    case 'opaque':
      return [opaqueTarget(target.name, target.text)]
  }
}
