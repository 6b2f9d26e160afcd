import {
  acquirePort,
  type DesiredMapping,
  findLease,
  type LeaseChange,
  type LeaseStore,
  leaseKey,
  releaseLease,
} from '@portolan/core'
import { localPortRange, reservedPorts } from '@portolan/netfilter/sysctls'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import type { PublishRequest } from './publish-request.ts'
import { requestedMappings } from './requested-mappings.ts'

/** The sysctls that limit automatic host ports. */
const ofPorts = ['net.ipv4.ip_local_port_range', 'net.ipv4.ip_local_reserved_ports']

/**
 * Chooses the host ports of a request that leaves them open. Each port is leased to its target, so that the same
 * request gets the same port again.
 *
 * @throws PortolanError `PORTS_EXHAUSTED` when `ip_local_port_range` is used up; InvalidRequestError
 */
export const chooseHostPorts = async (
  rules: LiveRules,
  { leases, sysctls }: Pick<LiveMachine, 'leases' | 'sysctls'>,
  request: PublishRequest,
): Promise<readonly DesiredMapping[]> => {
  const { project, wanted, bridges, facts } = rules
  const settings = Object.fromEntries(
    ofPorts.flatMap((name) => {
      const value = sysctls.read(name)
      return value === null ? [] : [[name, value]]
    }),
  )
  const { first, last } = localPortRange({ sysctls: settings })
  const reserved = reservedPorts({ sysctls: settings })
  const used = new Set(
    [
      ...(facts.sockets ?? []).map(({ protocol = 'tcp', port = 0 }) => [protocol, port]),
      ...[...wanted.ports(), ...rules.others()].map(({ protocol, hostPort }) => [protocol, hostPort]),
    ].map(([protocol, port]) => `${protocol} ${port}`),
  )
  return leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    const mappings = requestedMappings(request, {
      project,
      wanted,
      bridges,
      supply: {
        take: (protocol, holder) => {
          const step = acquirePort(state, {
            holder,
            protocol,
            range: { first, last },
            isTaken: (port) =>
              used.has(`${protocol} ${port}`) ||
              reserved.some((one) => port >= one.first && port <= one.last),
          })
          state = step.state
          changes.push(...step.changes)
          return step.result.port
        },
      },
    })
    return { state, changes, result: mappings.map((mapping) => ({ ...mapping, automatic: true })) }
  })
}

/** Releases the automatic host ports of mappings that are gone. */
export const releaseHostPorts = async (
  rules: LiveRules,
  leases: LeaseStore,
  gone: readonly DesiredMapping[],
): Promise<void> => {
  const chosen = gone.filter((mapping) => 'automatic' in mapping)
  if (chosen.length === 0) return
  const isWanted = (mapping: DesiredMapping): boolean =>
    rules.wanted
      .ports()
      .some(({ protocol, hostPort }) => protocol === mapping.protocol && hostPort === mapping.hostPort)
  const free = chosen.filter((mapping) => !isWanted(mapping))
  await leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    for (const { protocol, hostPort } of free) {
      // The key does not depend on the holder.
      const key = leaseKey({ kind: 'port', protocol, port: hostPort, holder: unknown })
      const lease = findLease(state, key)
      if (lease?.kind !== 'port' || lease.holder.project !== rules.project) continue
      const step = releaseLease(state, key)
      state = step.state
      changes.push(...step.changes)
    }
    return { state, changes, result: null }
  })
}

const unknown = { project: '', service: '', replica: 1, network: '', containerPort: 0 }
