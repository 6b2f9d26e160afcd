import { ownerOf } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { isOurs } from './is-ours.ts'

/** The last step that meets a condition; null: none does. */
export const stepOf = (last: TraceStep | null, isIt: (step: TraceStep) => boolean): TraceStep | null => {
  for (let step = last; step !== null; step = step.before) if (isIt(step)) return step
  return null
}

export const isForeign = (step: TraceStep): boolean => step.rule !== null && !step.reply && !isOurs(step)

export const isDestinationChange = (step: TraceStep): boolean =>
  isForeign(step) && (changesDestination(step) || step.deed.kind === 'tproxy')

/** Whether a step gives the packet another destination, by a NAT binding or without one. */
export const changesDestination = ({ deed }: TraceStep): boolean =>
  (deed.kind === 'translate' && (deed.type === 'dnat' || deed.type === 'redirect')) ||
  (deed.kind === 'set' && (deed.target === 'daddr' || deed.target === 'dport'))

export const isSourceChange = (step: TraceStep): boolean =>
  isForeign(step) && (bindsSource(step) || (step.deed.kind === 'set' && step.deed.target === 'saddr'))

/** Whether a step binds the source of the flow. */
export const bindsSource = ({ deed }: TraceStep): boolean =>
  deed.kind === 'translate' && (deed.type === 'snat' || deed.type === 'masquerade')

/** Engines that give services addresses of their own, which no machine has. */
const engines: ReadonlySet<string> = new Set([
  'calico',
  'cilium',
  'cni',
  'docker',
  'flannel',
  'kube-proxy',
  'libvirt',
  'netavark',
  'tailscale',
])

/**
 * The foreign rule that sends outgoing packets to another destination than they ask for. The service addresses of an
 * engine do not count.
 */
export const divertingStep = (last: TraceStep | null): TraceStep | null => {
  const step = stepOf(last, isDestinationChange)
  if (step === null || step.table === null || step.chain === null) return null
  const owner = ownerOf(step.table, step.chain, step.rule)
  return owner !== null && engines.has(owner) ? null : step
}

/** The foreign rule that sets the source of outgoing packets. */
export const sourceChangingStep = (last: TraceStep | null): TraceStep | null => stepOf(last, isSourceChange)
