import { ownerOf } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { isOurs } from './is-ours.ts'

/** The last step of which it is true. */
export const stepOf = (last: TraceStep | null, isIt: (step: TraceStep) => boolean): TraceStep | null => {
  for (let step = last; step !== null; step = step.before) if (isIt(step)) return step
  return null
}

export const isForeign = (step: TraceStep): boolean => step.rule !== null && !step.reply && !isOurs(step)

export const isDestinationChange = (step: TraceStep): boolean =>
  isForeign(step) && /^(dnat|redirect|tproxy|set d(addr|port))/.test(step.verdict)

export const isSourceChange = (step: TraceStep): boolean =>
  isForeign(step) && /^(snat|masquerade|set saddr)/.test(step.verdict)

/** Engines that give addresses of their own to services, which no machine has. */
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

/** The foreign rule that leads what goes out to another place than it asks for, but for the services of an engine. */
export const divertingStep = (last: TraceStep | null): TraceStep | null => {
  const step = stepOf(last, isDestinationChange)
  if (step === null || step.table === null || step.chain === null) return null
  const owner = ownerOf(step.table, step.chain, step.rule)
  return owner !== null && engines.has(owner) ? null : step
}

/** The foreign rule that gives what goes out its source. */
export const sourceChangingStep = (last: TraceStep | null): TraceStep | null => stepOf(last, isSourceChange)
