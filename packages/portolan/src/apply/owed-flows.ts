import type { DesiredMapping, PublishedPort } from '@portolan/core'
import { forgetFlows, forgetUntranslated, type OwedFlows } from '@portolan/host'
import type { PlanChange } from '../plan/plan.ts'

/** The connections to forget after a change: conntrack keeps them bound to their earlier destination. */
export const owedBy = ({
  withdrawn,
  added = [],
}: {
  readonly withdrawn: readonly PublishedPort[]
  readonly added?: readonly DesiredMapping[]
}): OwedFlows => ({
  mapped: withdrawn.flatMap(({ family, protocol, hostAddress, hostPort, targets }) =>
    targets.map(({ address, port }) => ({ family, protocol, hostAddress, hostPort, address, port })),
  ),
  // Connections of other protocols end and start again by themselves.
  untranslated: added
    .filter(({ protocol }) => protocol === 'udp')
    .map(({ family, protocol, hostAddress, hostPort }) => ({ family, protocol, hostAddress, hostPort })),
})

/** The connections that earlier runs still owe, as the plan saw them: those still due, and all noted ones. */
export const owedBefore = (
  changes: readonly PlanChange[],
): { readonly due: OwedFlows; readonly noted: OwedFlows } => {
  const operations = changes.flatMap(({ part, operation }) => (part === 'conntrack' ? [operation] : []))
  return {
    due: mergeFlows(...operations.map(({ due }) => due)),
    noted: mergeFlows(...operations.map(({ noted }) => noted)),
  }
}

export const mergeFlows = (...all: readonly OwedFlows[]): OwedFlows => ({
  mapped: distinct(all.flatMap(({ mapped }) => mapped)),
  untranslated: distinct(all.flatMap(({ untranslated }) => untranslated)),
})

export const withoutFlows = (all: OwedFlows, gone: OwedFlows): OwedFlows => ({
  mapped: except(all.mapped, gone.mapped),
  untranslated: except(all.untranslated, gone.untranslated),
})

export const owesNothing = ({ mapped, untranslated }: OwedFlows): boolean =>
  mapped.length + untranslated.length === 0

/** Forgets the connections. @throws as `forgetFlows` does */
export const payFlows = async ({ mapped, untranslated }: OwedFlows): Promise<void> => {
  await forgetFlows(mapped)
  await forgetUntranslated(untranslated)
}

const distinct = <Flow extends object>(flows: readonly Flow[]): readonly Flow[] => [
  ...new Map(flows.map((flow) => [flowKey(flow), flow])).values(),
]

const except = <Flow extends object>(flows: readonly Flow[], gone: readonly Flow[]): readonly Flow[] => {
  const keys = new Set(gone.map(flowKey))
  return flows.filter((flow) => !keys.has(flowKey(flow)))
}

const flowKey = (flow: object): string =>
  JSON.stringify(Object.entries(flow).toSorted(([a], [b]) => (a < b ? -1 : 1)))
