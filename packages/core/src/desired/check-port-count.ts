import { IntentError } from '../error/index.ts'
import type { MappingIntent } from '../intent/index.ts'
import { countPorts } from '../intent/port-range.ts'

/**
 * The most ports that one project may publish: as many as a protocol has. Each is a rule, a conflict search and a diff
 * of its own, half a minute in all for as many.
 * @public @since 0.1.0
 */
export const mostPorts = 65_536

/**
 * Refuses mappings that are more ports than a host has use for, before they are unrolled.
 *
 * @throws IntentError naming the mapping that is one too many
 * @example
 * checkPortCount(intent.mappings)
 * @public @since 0.1.0
 */
export const checkPortCount = (mappings: readonly MappingIntent[]): void => {
  let count = 0
  for (const { service, hostPorts, containerPorts, place } of mappings) {
    count += countPorts(hostPorts ?? containerPorts)
    if (count > mostPorts)
      throw new IntentError(
        `services.${service}: with this the project publishes more than ${mostPorts} ports, and no more are planned for: publish fewer, or make the containers reachable by their own addresses with the gateway mode nat-unprotected`,
        place,
      )
  }
}
