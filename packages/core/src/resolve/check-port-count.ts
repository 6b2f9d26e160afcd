import { IntentError } from '@portolan/netfilter'
import type { MappingIntent } from '../intent/index.ts'
import { countPorts } from '../intent/port-range.ts'

/**
 * The most ports that one project may publish: as many as a protocol has. Each port is a rule, a conflict search and a
 * diff of its own. So many take half a minute in all.
 * @public @since 0.1.0
 */
export const mostPorts = 65_536

/**
 * The most sources that the ports of one project may be opened to, counted for each port: a thousand prefixes for each
 * of two thousand ports. The plan looks at each source for each port.
 * @public @since 0.1.0
 */
export const mostSources = 2_000_000

/**
 * Refuses mappings with more ports or sources than a host has use for, before they become single ports.
 *
 * @throws IntentError naming the mapping that exceeds the bound
 * @example
 * checkPortCount(intent.mappings)
 * @public @since 0.1.0
 */
export const checkPortCount = (mappings: readonly MappingIntent[]): void => {
  let count = 0
  let sources = 0
  for (const { service, hostPorts, containerPorts, allowFrom, place } of mappings) {
    const ports = countPorts(hostPorts ?? containerPorts)
    count += ports
    sources += ports * (allowFrom?.length ?? 0)
    if (count > mostPorts)
      throw new IntentError(
        `services.${service}: with these the project publishes more than ${mostPorts} ports, the most that are planned for: publish fewer, or make the containers reachable by their own addresses with the gateway mode nat-unprotected`,
        place,
      )
    if (sources > mostSources)
      throw new IntentError(
        `services.${service}: with these the ports of the project name more than ${mostSources} sources in allow_from: name fewer and larger prefixes, or publish fewer ports`,
        place,
      )
  }
}
