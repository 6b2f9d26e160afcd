import { expect } from '@jest/globals'
import { type Family, families } from '@portolan/netfilter'
import type { PlanJson } from '../../lab/attach.ts'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Probe } from '../../lab/probe.ts'
import { addresses } from '../../lab/topology.ts'

export const ourPort = 8080
export const outsidePort = 7000

/** The parts of `plan --json` that are compared with traffic. */
export interface PlanOutput extends Omit<PlanJson, 'conflicts'> {
  readonly conflicts: readonly {
    readonly kind: string
    readonly severity: string
    readonly certainty: string
    readonly mapping: string | null
    readonly witness: { readonly family: Family; readonly in?: string | null } | null
  }[]
}

/** Whether the published port and the way out carry traffic. */
export interface Traffic {
  readonly port: boolean
  readonly out: boolean
}

/** The traffic in each family of which the container has an address. */
export type FamilyTraffic = Readonly<Partial<Record<Family, Traffic>>>

export const traffic = async (lab: Lab, nginx: Container): Promise<FamilyTraffic> => {
  const own = { ip: nginx.address, ip6: nginx.address6 }
  const found = families
    .filter((family) => own[family] !== null)
    .map(async (family) => [family, await inFamily(lab, nginx, family)] as const)
  return Object.fromEntries(await Promise.all(found))
}

const inFamily = async (lab: Lab, nginx: Container, family: Family): Promise<Traffic> => {
  const { host, outside } = addresses[family]
  const [port, out] = await Promise.all([
    isServed(lab.client, { protocol: 'tcp', destination: host, port: ourPort }, nginx),
    isServed(nginx, { protocol: 'tcp', destination: outside, port: outsidePort }, lab.outside),
  ])
  return { port, out }
}

/** True: the machine `to` answered. A busy machine may answer late, so a silent probe is repeated with more time. */
const isServed = async (from: Machine, probe: Probe, to: Machine): Promise<boolean> => {
  const first = await from.probe({ ...probe, timeoutMs: 1000 })
  const isSilent = !first.delivered && first.how === 'timeout'
  const outcome = isSilent ? await from.probe({ ...probe, timeoutMs: 3000 }) : first
  return outcome.delivered && outcome.by === to.name
}

/**
 * Compares a plan with traffic. Where traffic works, the plan must have no certain error. Where it does not, a conflict
 * or a pending change must say so.
 */
export const expectPlanToAgree = (works: FamilyTraffic, planned: PlanOutput): void => {
  for (const family of families) {
    const ways = works[family]
    if (ways !== undefined) expectPlanToAgreeIn(family, ways, planned)
  }
}

const expectPlanToAgreeIn = (
  family: Family,
  works: Traffic,
  { conflicts: all, summary }: PlanOutput,
): void => {
  const conflicts = all.filter(({ witness }) => witness === null || witness.family === family)
  const planned = {
    port: conflicts.filter(
      ({ severity, mapping, witness }) => severity === 'error' && mapping !== null && witness?.in === 'eth0',
    ),
    // EgressDropped is only a warning, because the container can still answer clients.
    out: conflicts.filter(({ kind }) => kind === 'EgressDropped'),
  }
  const isPending = summary.add + summary.change + summary.remove > 0
  for (const way of ['port', 'out'] as const) {
    const isError = planned[way].some(
      ({ severity, certainty }) => severity === 'error' && certainty === 'certain',
    )
    const isTrue = works[way] ? !isError : isPending || planned[way].length > 0
    const brief = conflicts.map(({ kind, severity, certainty, mapping, witness }) =>
      [kind, severity, certainty, mapping, witness?.in ?? null].join(' '),
    )
    expect({ family, way, works: works[way], brief, isTrue }).toEqual({
      ...{ family, way, works: works[way], brief },
      isTrue: true,
    })
  }
}
